//! Emits the dispatch of every table.

fn main() {
    ava_tables::build::emit_all("../../api-tables", ava_tables::emit::worker::emit, |_| Default::default());
}
