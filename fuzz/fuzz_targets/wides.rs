#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terrace_fuzz::segment(&[12, 13, 16], data));
