#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtcscope_fuzz::capture_filter(data));
