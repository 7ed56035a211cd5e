//! Emits the wire types of every table, and the list of their APIs.

fn main() {
    ava_tables::build::emit_all("../../api-tables", ava_tables::emit::wire::emit, ava_tables::emit::wire::all);
}
