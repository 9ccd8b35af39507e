#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terrace_fuzz::segment(&[8, 9], data));
