#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terrace_fuzz::segment(&[10, 11, 12], data));
