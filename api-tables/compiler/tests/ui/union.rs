#![api(toy = 1)]
#![library("libtoy.so.1")]
#![lost(TOY_GONE)]

#[status(ok = 0)]
type toy_status = i32;
type toy_info = u32;
const TOY_GONE: toy_status = -1;
#[handle(invalid = TOY_GONE)]
type toy_buffer = Handle;

keys! {
    #[tag(kind)]
    enum Source: toy_info {
        toy_buffer: TOY_OF_BUFFER = 1;
        [toy_buffer]: TOY_OF_BUFFERS = 2;
    }

    #[tag(kind, otherwise = TOY_GONE)]
    enum Answer: toy_info {
        toy_buffer: TOY_ANSWER = 3;
    }
}

struct toy_source {
    kind: toy_info,
    of: [Source; 16],
    answer: [Answer; 8],
}

struct toy_unsaid {
    of: [Source; 8],
}

extern "C" {
    fn toy_from(source: &toy_source, unsaid: &toy_unsaid) -> toy_status;
}
