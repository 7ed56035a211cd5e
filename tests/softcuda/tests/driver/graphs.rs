//! Graphs that are made node by node.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::library::{allocate, cu, driver_test, event, kernel, ok, read, stream};

fn graph() -> usize {
    let mut graph = 0_usize;
    ok!(cuGraphCreate, &mut graph, 0);
    graph
}

fn instantiate(graph: usize) -> usize {
    let mut plan = 0_usize;
    ok!(cuGraphInstantiateWithFlags, &mut plan, graph, 0);
    plan
}

fn run(plan: usize) {
    let stream = stream(0);
    ok!(cuGraphLaunch, plan, stream);
    ok!(cuStreamSynchronize, stream);
}

/// Parameters of a kernel node of one thread with an address and a number.
struct Node {
    values: Box<(u64, u32)>,
    arguments: Box<[u64; 2]>,
}

impl Node {
    fn new(address: u64, value: u32) -> Self {
        let values = Box::new((address, value));
        let arguments = Box::new([&raw const values.0 as u64, &raw const values.1 as u64]);
        Self { values, arguments }
    }

    /// `CUDA_KERNEL_NODE_PARAMS`: the function, grid and block of 1, arguments, no context.
    fn words(&self, function: usize) -> [u64; 9] {
        assert_ne!(self.values.0, 0);
        [function as u64, 1 << 32 | 1, 1 << 32 | 1, 1 << 32 | 1, 0, self.arguments.as_ptr() as u64, 0, 0, 0]
    }
}

fn add_kernel(graph: usize, after: &[usize], function: usize, address: u64, value: u32) -> usize {
    let mut node = 0_usize;
    let parameters = Node::new(address, value);
    let words = parameters.words(function);
    ok!(cuGraphAddKernelNode_v2, &mut node, graph, after.as_ptr() as u64, after.len(), &words);
    node
}

static CALLS: AtomicU32 = AtomicU32::new(0);

extern "C" fn counts(data: *mut c_void) {
    CALLS.fetch_add(data as u32, Ordering::SeqCst);
}

driver_test!(nodes_of_all_kinds_run_in_order; {
    let (graph, address, result, mut nodes) = (graph(), allocate(16), [0_u32; 4], [0_usize; 5]);
    // Four elements of 3; then 10 is added to the first; all copied out; then a function.
    ok!(cuGraphAddMemsetNode, &mut nodes[0], graph, 0, 0, &[address, 16, 3 | 4 << 32, 4, 1], 0);
    nodes[1] = add_kernel(graph, &nodes[..1], kernel("add"), address, 10);
    let mut copy = [0_u64; 25];
    (copy[4], copy[6]) = (2, address);
    (copy[15], copy[16], copy[22], copy[23], copy[24]) = (1, result.as_ptr() as u64, 16, 1, 1);
    ok!(cuGraphAddMemcpyNode, &mut nodes[2], graph, &nodes[1].clone(), 1, &copy, 0);
    ok!(cuGraphAddHostNode, &mut nodes[3], graph, &nodes[2].clone(), 1, &[counts as *const () as u64, 2]);
    ok!(cuGraphAddEmptyNode, &mut nodes[4], graph, &nodes[3].clone(), 1);
    let kinds = nodes.map(|node| {
        let mut kind = 99_u32;
        ok!(cuGraphNodeGetType, node, &mut kind);
        kind
    });
    assert_eq!(kinds, [2, 0, 1, 3, 5]);
    let plan = instantiate(graph);
    run(plan);
    run(plan);
    // SAFETY: the graph wrote to it, and has ended.
    assert_eq!(unsafe { std::ptr::read_volatile(&result) }, [13, 3, 3, 3]);
    assert_eq!(CALLS.load(Ordering::SeqCst), 4);
});

driver_test!(circles_are_refused; {
    let (graph, mut first, mut second) = (graph(), 0_usize, 0_usize);
    ok!(cuGraphAddEmptyNode, &mut first, graph, 0, 0);
    ok!(cuGraphAddEmptyNode, &mut second, graph, &first, 1);
    assert_eq!(cu!(cuGraphAddDependencies, graph, &first, &second, 1), 1);
    ok!(cuGraphAddDependencies, graph, &second, &first, 1);
    assert_eq!(cu!(cuGraphInstantiateWithFlags, &mut 0_usize, graph, 0), 1);
    ok!(cuGraphRemoveDependencies, graph, &second, &first, 1);
    instantiate(graph);
    ok!(cuGraphDestroyNode, first);
    assert_eq!(cu!(cuGraphNodeGetType, first, &mut 0_u32), 1);
    assert_eq!(cu!(cuGraphAddEmptyNode, &mut second, graph, &first, 1), 1);
});

driver_test!(plans_change_and_graphs_do_not; {
    let (graph, address, set) = (graph(), allocate(4), kernel("set"));
    let node = add_kernel(graph, &[], set, address, 1);
    let plan = instantiate(graph);
    ok!(cuGraphExecKernelNodeSetParams_v2, plan, node, &Node::new(address, 2).words(set));
    run(plan);
    assert_eq!(read::<1>(address), [2]);
    run(instantiate(graph));
    assert_eq!(read::<1>(address), [1]);
    let mut described = [0_u64; 9];
    ok!(cuGraphKernelNodeGetParams_v2, node, &mut described);
    // SAFETY: the second argument is a number of 32 bits that the node keeps.
    assert_eq!(unsafe { **(described[5] as *const *const u32).add(1) }, 1);
    ok!(cuGraphNodeSetEnabled, plan, node, 0);
    ok!(cuMemsetD32_v2, address, 9, 1);
    run(plan);
    assert_eq!(read::<1>(address), [9]);
});

driver_test!(plans_take_over_a_graph_of_the_same_form; {
    let (first, second, other) = (graph(), graph(), graph());
    let (address, set, mut information) = (allocate(4), kernel("set"), [0_u64; 3]);
    add_kernel(first, &[], set, address, 1);
    add_kernel(second, &[], set, address, 2);
    let mut node = 0_usize;
    ok!(cuGraphAddEmptyNode, &mut node, other, 0, 0);
    let plan = instantiate(first);
    ok!(cuGraphExecUpdate_v2, plan, second, &mut information);
    run(plan);
    assert_eq!(read::<1>(address), [2]);
    assert_eq!(cu!(cuGraphExecUpdate_v2, plan, other, &mut information), 910);
    assert_eq!((information[0] as u32, information[1]), (2, node as u64));
    run(plan);
    assert_eq!(read::<1>(address), [2]);
});

driver_test!(children_and_clones; {
    let (child, parent, address, add) = (graph(), graph(), allocate(4), kernel("add"));
    ok!(cuMemsetD32_v2, address, 0, 1);
    let inner = add_kernel(child, &[], add, address, 1);
    let (mut first, mut second, mut clone, mut found) = (0_usize, 0_usize, 0_usize, 0_usize);
    ok!(cuGraphAddChildGraphNode, &mut first, parent, 0, 0, child);
    ok!(cuGraphAddChildGraphNode, &mut second, parent, &first, 1, child);
    ok!(cuGraphDestroy, child);
    run(instantiate(parent));
    assert_eq!(read::<1>(address), [2]);
    ok!(cuGraphClone, &mut clone, parent);
    ok!(cuGraphNodeFindInClone, &mut found, first, clone);
    assert_ne!(found, first);
    assert_eq!(cu!(cuGraphNodeFindInClone, &mut found, inner, clone), 1);
    run(instantiate(clone));
    assert_eq!(read::<1>(address), [4]);
});

driver_test!(events_in_graphs; {
    let (graph, seen, mut nodes) = (graph(), event(0), [0_usize; 2]);
    ok!(cuGraphAddEventRecordNode, &mut nodes[0], graph, 0, 0, seen);
    ok!(cuGraphAddEventWaitNode, &mut nodes[1], graph, &nodes[0].clone(), 1, seen);
    run(instantiate(graph));
    ok!(cuEventQuery, seen);
    let mut named = 0_usize;
    ok!(cuGraphEventWaitNodeGetEvent, nodes[1], &mut named);
    assert_eq!(named, seen);
});

driver_test!(graphs_hold_memory; {
    let (stream, mut address, add) = (stream(1), 0_u64, kernel("set"));
    ok!(cuStreamBeginCapture_v2, stream, 0);
    ok!(cuMemAllocAsync, &mut address, 64, stream);
    assert_eq!(crate::library::launch(add, stream, address, 5), 0);
    ok!(cuMemFreeAsync, address, stream);
    let mut graph = 0_usize;
    ok!(cuStreamEndCapture, stream, &mut graph);
    let plan = instantiate(graph);
    run(plan);
    run(plan);
    let mut held = 0_u64;
    ok!(cuDeviceGetGraphMemAttribute, 0, 0, &mut held);
    assert_eq!(held, 64);
    let mut count = 0_usize;
    ok!(cuGraphGetNodes, graph, 0, &mut count);
    assert_eq!(count, 3);
});
