#![api(toy = 1)]

extern "C" {
    fn toy_flush() -> toy_status
}
