#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terrace_fuzz::segment(&[1, 2, 3, 4, 5, 6, 7, 14, 15, 16], data));
