//! Emits vendors and requests of every table.

fn main() {
    ava_tables::build::emit_all("../../../api-tables", ava_tables::emit::fuzz::emit, |_| Default::default());
}
