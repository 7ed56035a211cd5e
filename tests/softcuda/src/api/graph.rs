//! Graphs as wholes: their nodes and dependencies.
#![allow(non_snake_case, reason = "the header's names")]

use std::sync::Arc;

use super::entry::entries;
use super::values::{In, Out, list};
use crate::cuda::{CUgraph, CUgraphEdgeData, CUgraphNode, Result, Status};
use crate::device::graph::{GRAPHS, Graph, home};

entries! { checked;
    fn cuGraphCreate(place: Out<CUgraph>, flags: u32) {
        place.check()?;
        if flags != 0 { Err(Status::INVALID_VALUE) } else { place.set(Graph::new().handle) }
    }

    fn cuGraphDestroy(graph: CUgraph) {
        named(graph)?.destroy();
        Ok(())
    }

    fn cuGraphClone(place: Out<CUgraph>, graph: CUgraph) {
        place.check()?;
        place.set(named(graph)?.copy().handle)
    }

    fn cuGraphNodeFindInClone(place: Out<CUgraphNode>, node: CUgraphNode, clone: CUgraph) {
        place.check()?;
        place.set(named(clone)?.find_clone(node).ok_or(Status::INVALID_VALUE)?)
    }

    fn cuGraphNodeGetType(node: CUgraphNode, kind: Out<u32>) {
        kind.set(home(node)?.node(node)?.work.kind())
    }

    fn cuGraphGetNodes(graph: CUgraph, nodes: Out<CUgraphNode>, count: Out<usize>) {
        list(nodes, count, &named(graph)?.nodes(), 0)
    }

    fn cuGraphGetRootNodes(graph: CUgraph, nodes: Out<CUgraphNode>, count: Out<usize>) {
        list(nodes, count, &named(graph)?.roots(), 0)
    }

    fn cuGraphGetEdges(graph: CUgraph, from: Out<CUgraphNode>, to: Out<CUgraphNode>, count: Out<usize>) {
        write_edges(graph, from, to, count)
    }

    /// No dependency has data.
    fn cuGraphGetEdges_v2(
        graph: CUgraph,
        from: Out<CUgraphNode>,
        to: Out<CUgraphNode>,
        data: Out<CUgraphEdgeData>,
        count: Out<usize>,
    ) {
        let room = room(from, count)?;
        write_edges(graph, from, to, count)?;
        write_data(data, room)
    }

    fn cuGraphNodeGetDependencies(node: CUgraphNode, nodes: Out<CUgraphNode>, count: Out<usize>) {
        list(nodes, count, &dependencies(node)?, 0)
    }

    /// No dependency has data.
    fn cuGraphNodeGetDependencies_v2(
        node: CUgraphNode,
        nodes: Out<CUgraphNode>,
        data: Out<CUgraphEdgeData>,
        count: Out<usize>,
    ) {
        let room = room(nodes, count)?;
        list(nodes, count, &dependencies(node)?, 0)?;
        write_data(data, room)
    }

    fn cuGraphNodeGetDependentNodes(node: CUgraphNode, nodes: Out<CUgraphNode>, count: Out<usize>) {
        list(nodes, count, &dependents(node)?, 0)
    }

    /// No dependency has data.
    fn cuGraphNodeGetDependentNodes_v2(
        node: CUgraphNode,
        nodes: Out<CUgraphNode>,
        data: Out<CUgraphEdgeData>,
        count: Out<usize>,
    ) {
        let room = room(nodes, count)?;
        list(nodes, count, &dependents(node)?, 0)?;
        write_data(data, room)
    }

    fn cuGraphAddDependencies(graph: CUgraph, from: In<CUgraphNode>, to: In<CUgraphNode>, count: usize) {
        change(graph, from, to, count, Graph::connect)
    }

    fn cuGraphAddDependencies_v2(
        graph: CUgraph,
        from: In<CUgraphNode>,
        to: In<CUgraphNode>,
        data: In<CUgraphEdgeData>,
        count: usize,
    ) {
        check_data(data, count)?;
        change(graph, from, to, count, Graph::connect)
    }

    fn cuGraphRemoveDependencies(graph: CUgraph, from: In<CUgraphNode>, to: In<CUgraphNode>, count: usize) {
        change(graph, from, to, count, Graph::disconnect)
    }

    fn cuGraphRemoveDependencies_v2(
        graph: CUgraph,
        from: In<CUgraphNode>,
        to: In<CUgraphNode>,
        data: In<CUgraphEdgeData>,
        count: usize,
    ) {
        check_data(data, count)?;
        change(graph, from, to, count, Graph::disconnect)
    }

    fn cuGraphDestroyNode(node: CUgraphNode) {
        home(node)?.remove(node)
    }
}

/// A graph by its handle; `INVALID_VALUE` if there is none.
pub fn named(handle: CUgraph) -> Result<Arc<Graph>> {
    GRAPHS.get(handle).ok_or(Status::INVALID_VALUE)
}

fn dependencies(node: CUgraphNode) -> Result<Vec<CUgraphNode>> {
    Ok(home(node)?.node(node)?.dependencies.into_iter().collect())
}

fn dependents(node: CUgraphNode) -> Result<Vec<CUgraphNode>> {
    Ok(home(node)?.edges().into_iter().filter(|(from, _)| *from == node).map(|(_, to)| to).collect())
}

fn write_edges(graph: CUgraph, from: Out<CUgraphNode>, to: Out<CUgraphNode>, count: Out<usize>) -> Result {
    let edges = named(graph)?.edges();
    if from.is_null() != to.is_null() {
        return Err(Status::INVALID_VALUE);
    }
    let (sources, targets): (Vec<_>, Vec<_>) = edges.into_iter().unzip();
    let room = room(from, count)?;
    list(from, count, &sources, 0)?;
    if room > 0 {
        count.set(room)?;
        list(to, count, &targets, 0)?;
    }
    Ok(())
}

/// How many places a program has; none if it asks for the count.
fn room(places: Out<CUgraphNode>, count: Out<usize>) -> Result<usize> {
    if places.is_null() { Ok(0) } else { count.get() }
}

fn write_data(data: Out<CUgraphEdgeData>, room: usize) -> Result {
    if data.is_null() {
        return Ok(());
    }
    data.set_all(std::iter::repeat_n(CUgraphEdgeData { from_port: 0, to_port: 0, kind: 0, reserved: [0; 5] }, room))
}

/// Only plain dependencies: ports and programmatic ones are of devices that this is none of.
pub fn check_data(data: In<CUgraphEdgeData>, count: usize) -> Result {
    if data.is_null() {
        return Ok(());
    }
    let is_plain = |data: &CUgraphEdgeData| data.from_port == 0 && data.to_port == 0 && data.kind == 0;
    if data.all(count)?.iter().all(is_plain) { Ok(()) } else { Err(Status::NOT_SUPPORTED) }
}

fn change(
    graph: CUgraph,
    from: In<CUgraphNode>,
    to: In<CUgraphNode>,
    count: usize,
    change: impl Fn(&Graph, usize, usize) -> Result,
) -> Result {
    let graph = named(graph)?;
    let pairs = from.all(count)?.into_iter().zip(to.all(count)?);
    pairs.into_iter().try_for_each(|(from, to)| change(&graph, from, to))
}
