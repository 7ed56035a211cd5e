//! Graphs: operations with dependencies, and plans of them that run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::handles::{Handles, fresh};
use super::keepsake::Kept;
use super::operation::Operation;
use super::queue::Mark;
use crate::cuda::{Result, Status};

pub static GRAPHS: Handles<Graph> = Handles::new();
pub static PLANS: Handles<Plan> = Handles::new();
/// The graph of each node.
static HOMES: Handles<Weak<Graph>> = Handles::new();

/// What a node does.
#[derive(Clone)]
pub enum Work {
    Operation(Operation),
    Child(Arc<Graph>),
}

#[derive(Clone)]
pub struct Node {
    pub work: Work,
    /// Handles of nodes of the same graph, ascending.
    pub dependencies: BTreeSet<usize>,
    /// The node that it was cloned from.
    origin: Option<usize>,
}

pub struct Graph {
    pub handle: usize,
    pub kept: Kept,
    nodes: Mutex<BTreeMap<usize, Node>>,
}

impl Work {
    /// `CUgraphNodeType`.
    pub fn kind(&self) -> u32 {
        match self {
            Self::Operation(Operation::Launch(_)) => kind::KERNEL,
            Self::Operation(Operation::Copy(_)) => kind::COPY,
            Self::Operation(Operation::Fill(_)) => kind::FILL,
            Self::Operation(Operation::Host(_) | Operation::Callback(_)) => kind::HOST,
            Self::Child(_) => kind::GRAPH,
            Self::Operation(Operation::Await(_)) => kind::WAIT_EVENT,
            Self::Operation(Operation::Record(_)) => kind::RECORD_EVENT,
            Self::Operation(Operation::Allocate(_)) => kind::ALLOCATE,
            Self::Operation(Operation::Free(_)) => kind::FREE,
            Self::Operation(Operation::Write(_) | Operation::Wait(..)) => kind::BATCH,
            Self::Operation(Operation::Empty | Operation::Reach(_) | Operation::Until(_)) => kind::EMPTY,
        }
    }
}

/// `CUgraphNodeType`.
pub mod kind {
    pub const KERNEL: u32 = 0;
    pub const COPY: u32 = 1;
    pub const FILL: u32 = 2;
    pub const HOST: u32 = 3;
    pub const GRAPH: u32 = 4;
    pub const EMPTY: u32 = 5;
    pub const WAIT_EVENT: u32 = 6;
    pub const RECORD_EVENT: u32 = 7;
    pub const ALLOCATE: u32 = 10;
    pub const FREE: u32 = 11;
    pub const BATCH: u32 = 12;
}

impl Graph {
    /// An empty graph, with a handle.
    pub fn new() -> Arc<Self> {
        Self::with(Kept::default())
    }

    fn with(kept: Kept) -> Arc<Self> {
        let graph = Arc::new(Self { handle: fresh(), kept, nodes: Mutex::default() });
        GRAPHS.insert(graph.handle, graph.clone());
        graph
    }

    /// Adds a node; `INVALID_VALUE` if a dependency is no node of the graph.
    pub fn add(self: &Arc<Self>, work: Work, dependencies: &[usize]) -> Result<usize> {
        let mut nodes = self.lock();
        if dependencies.iter().any(|dependency| !nodes.contains_key(dependency)) {
            return Err(Status::INVALID_VALUE);
        }
        let handle = fresh();
        nodes.insert(handle, Node { work, dependencies: dependencies.iter().copied().collect(), origin: None });
        HOMES.insert(handle, Arc::new(Arc::downgrade(self)));
        Ok(handle)
    }

    /// A copy with nodes of its own, children included.
    pub fn copy(&self) -> Arc<Self> {
        let copy = Self::with(self.kept.clone());
        let source = self.lock();
        let mut clones = BTreeMap::new();
        for handle in source.keys() {
            clones.insert(*handle, fresh());
        }
        let mut nodes = copy.lock();
        for (handle, node) in source.iter() {
            let work = match &node.work {
                Work::Child(child) => Work::Child(child.copy()),
                operation => operation.clone(),
            };
            let dependencies = node.dependencies.iter().map(|dependency| clones[dependency]).collect();
            nodes.insert(clones[handle], Node { work, dependencies, origin: Some(*handle) });
            HOMES.insert(clones[handle], Arc::new(Arc::downgrade(&copy)));
        }
        drop(nodes);
        copy
    }

    /// The clone of a node in this graph, children included.
    pub fn find_clone(&self, original: usize) -> Option<usize> {
        let nodes = self.lock();
        let found = nodes.iter().find(|(_, node)| node.origin == Some(original)).map(|(handle, _)| *handle);
        found.or_else(|| {
            nodes.values().find_map(|node| match &node.work {
                Work::Child(child) => child.find_clone(original),
                Work::Operation(_) => None,
            })
        })
    }

    /// Ends the graph with its nodes and children.
    pub fn destroy(&self) {
        let _ = GRAPHS.remove(self.handle);
        self.kept.clear();
        for (handle, node) in std::mem::take(&mut *self.lock()) {
            let _ = HOMES.remove(handle);
            if let Work::Child(child) = node.work {
                child.destroy();
            }
        }
    }

    /// Takes a node away with all its dependencies.
    pub fn remove(&self, handle: usize) -> Result {
        let mut nodes = self.lock();
        let node = nodes.remove(&handle).ok_or(Status::INVALID_VALUE)?;
        nodes.values_mut().for_each(|node| {
            node.dependencies.remove(&handle);
        });
        let _ = HOMES.remove(handle);
        if let Work::Child(child) = node.work {
            child.destroy();
        }
        Ok(())
    }

    /// Handles of all nodes, in the order of their births.
    pub fn nodes(&self) -> Vec<usize> {
        self.lock().keys().copied().collect()
    }

    /// Handles of nodes without dependencies.
    pub fn roots(&self) -> Vec<usize> {
        self.lock().iter().filter(|(_, node)| node.dependencies.is_empty()).map(|(handle, _)| *handle).collect()
    }

    /// All dependencies: from which node, to which.
    pub fn edges(&self) -> Vec<(usize, usize)> {
        let nodes = self.lock();
        let edges = nodes.iter().flat_map(|(to, node)| node.dependencies.iter().map(|from| (*from, *to)));
        edges.collect()
    }

    /// Adds a dependency; `INVALID_VALUE` if it is there already, is of the node itself, or one is no node of the graph.
    pub fn connect(&self, from: usize, to: usize) -> Result {
        let mut nodes = self.lock();
        if from == to || !nodes.contains_key(&from) {
            return Err(Status::INVALID_VALUE);
        }
        let node = nodes.get_mut(&to).ok_or(Status::INVALID_VALUE)?;
        if node.dependencies.insert(from) { Ok(()) } else { Err(Status::INVALID_VALUE) }
    }

    /// Takes a dependency away; `INVALID_VALUE` if there is none.
    pub fn disconnect(&self, from: usize, to: usize) -> Result {
        let mut nodes = self.lock();
        let node = nodes.get_mut(&to).ok_or(Status::INVALID_VALUE)?;
        if node.dependencies.remove(&from) { Ok(()) } else { Err(Status::INVALID_VALUE) }
    }

    pub fn node(&self, handle: usize) -> Result<Node> {
        self.lock().get(&handle).cloned().ok_or(Status::INVALID_VALUE)
    }

    /// Gives a node other work of the same kind; `INVALID_VALUE` if it is of another.
    pub fn set(&self, handle: usize, work: Work) -> Result {
        let mut nodes = self.lock();
        let node = nodes.get_mut(&handle).ok_or(Status::INVALID_VALUE)?;
        if node.work.kind() != work.kind() {
            return Err(Status::INVALID_VALUE);
        }
        node.work = work;
        Ok(())
    }

    /// Whether each of some nodes is among others or comes before one of them.
    pub fn are_before(&self, nodes: &[usize], others: &[usize]) -> bool {
        let all = self.lock();
        let mut seen: BTreeSet<usize> = others.iter().copied().collect();
        let mut todo: Vec<usize> = others.to_vec();
        while let Some(handle) = todo.pop() {
            let dependencies = all.get(&handle).map(|node| &node.dependencies);
            todo.extend(dependencies.into_iter().flatten().filter(|dependency| seen.insert(**dependency)));
        }
        nodes.iter().all(|node| seen.contains(node))
    }

    /// The nodes in an order that dependencies allow, the oldest first; `INVALID_VALUE` if they go round in a circle.
    pub fn steps(&self) -> Result<Vec<Step>> {
        let nodes = self.lock();
        let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
        let mut after: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (handle, node) in nodes.iter() {
            waits.insert(*handle, node.dependencies.len());
            node.dependencies.iter().for_each(|dependency| after.entry(*dependency).or_default().push(*handle));
        }
        let mut ready: BTreeSet<usize> =
            waits.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
        let mut steps = Vec::with_capacity(nodes.len());
        while let Some(handle) = ready.pop_first() {
            steps.push(Step::new(handle, &nodes[&handle])?);
            for next in after.get(&handle).into_iter().flatten() {
                let count = waits.entry(*next).or_default();
                *count -= 1;
                if *count == 0 {
                    ready.insert(*next);
                }
            }
        }
        if steps.len() == nodes.len() { Ok(steps) } else { Err(Status::INVALID_VALUE) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The graph that a node is in; `INVALID_VALUE` if it is in none.
pub fn home(node: usize) -> Result<Arc<Graph>> {
    HOMES.get(node).and_then(|home| home.upgrade()).ok_or(Status::INVALID_VALUE)
}

/// A node as it will run.
#[derive(Clone)]
pub struct Step {
    pub node: usize,
    pub is_enabled: bool,
    pub action: Action,
    /// Places of the steps that it depends on count from here on: what an update has to find again.
    dependencies: usize,
}

#[derive(Clone)]
pub enum Action {
    Operation(Operation),
    /// What the child holds, the plan holds.
    Child {
        steps: Vec<Step>,
        _kept: Kept,
    },
}

impl Action {
    pub fn child(graph: &Graph) -> Result<Self> {
        Ok(Self::Child { steps: graph.steps()?, _kept: graph.kept.clone() })
    }
}

impl Step {
    fn new(handle: usize, node: &Node) -> Result<Self> {
        let action = match &node.work {
            Work::Operation(operation) => Action::Operation(operation.clone()),
            Work::Child(child) => Action::child(child)?,
        };
        Ok(Self { node: handle, is_enabled: true, action, dependencies: node.dependencies.len() })
    }

    /// `CUgraphNodeType`.
    pub fn kind(&self) -> u32 {
        match &self.action {
            Action::Operation(operation) => Work::Operation(operation.clone()).kind(),
            Action::Child { .. } => kind::GRAPH,
        }
    }

    /// Whether another step may take the place of this one in an update.
    fn is_like(&self, other: &Self) -> bool {
        let are_children_alike = match (&self.action, &other.action) {
            (Action::Child { steps: own, .. }, Action::Child { steps: others, .. }) => are_alike(own, others).is_ok(),
            _ => true,
        };
        self.kind() == other.kind() && self.dependencies == other.dependencies && are_children_alike
    }
}

/// The step that does not fit, with its counterpart, if one does not.
fn are_alike(own: &[Step], others: &[Step]) -> std::result::Result<(), (usize, usize)> {
    let different = own.iter().zip(others).find(|(own, other)| !own.is_like(other));
    match different {
        Some((own, other)) => Err((own.node, other.node)),
        None if own.len() != others.len() => Err((0, 0)),
        None => Ok(()),
    }
}

/// An executable graph.
pub struct Plan {
    pub handle: usize,
    pub flags: u64,
    _kept: Kept,
    steps: Mutex<Arc<Vec<Step>>>,
    /// The end of the last launch, which the next one waits for in whatever stream it is.
    last: Mutex<Option<Mark>>,
}

impl Plan {
    /// Instantiates a graph, with a handle.
    pub fn new(graph: &Graph, flags: u64) -> Result<Arc<Self>> {
        let steps = Mutex::new(Arc::new(graph.steps()?));
        let plan = Arc::new(Self { handle: fresh(), flags, _kept: graph.kept.clone(), steps, last: Mutex::default() });
        PLANS.insert(plan.handle, plan.clone());
        Ok(plan)
    }

    /// Launches it behind its last launch; `enqueue` appends to a stream.
    pub fn launch(&self, enqueue: impl FnOnce(Option<Mark>) -> Mark) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(enqueue(last.take()));
    }

    /// The steps as they are now.
    pub fn steps(&self) -> Arc<Vec<Step>> {
        self.lock().clone()
    }

    /// Changes the step of a node, for launches to come; `INVALID_VALUE` if the plan has none.
    pub fn change(&self, node: usize, change: impl FnOnce(&mut Step) -> Result) -> Result {
        let mut steps = self.lock();
        let steps: &mut Vec<Step> = Arc::make_mut(&mut steps);
        change(find(steps, node).ok_or(Status::INVALID_VALUE)?)
    }

    /// Takes over what the nodes of a graph of the same form do; else the nodes that differ, of the plan and of the graph.
    pub fn update(&self, graph: &Graph) -> std::result::Result<(), (usize, usize)> {
        let others = graph.steps().map_err(|_| (0, 0))?;
        let mut steps = self.lock();
        are_alike(&steps, &others)?;
        let own: &mut Vec<Step> = Arc::make_mut(&mut steps);
        own.iter_mut().zip(others).for_each(|(own, other)| own.action = other.action);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Vec<Step>>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(steps: &mut [Step], node: usize) -> Option<&mut Step> {
    for step in steps {
        if step.node == node {
            return Some(step);
        }
        if let Action::Child { steps, .. } = &mut step.action
            && let Some(found) = find(steps, node)
        {
            return Some(found);
        }
    }
    None
}

/// The operations of steps in their order, children's in their place.
pub fn operations(steps: &[Step]) -> Vec<Operation> {
    let mut all = Vec::with_capacity(steps.len());
    for step in steps.iter().filter(|step| step.is_enabled) {
        match &step.action {
            Action::Operation(operation) => all.push(operation.clone()),
            Action::Child { steps, .. } => all.extend(operations(steps)),
        }
    }
    all
}

/// A graph of steps, one after another.
pub fn chain(steps: &[Step]) -> Result<Arc<Graph>> {
    let graph = Graph::new();
    let mut last = None;
    for operation in operations(steps) {
        last = Some(graph.add(Work::Operation(operation), last.as_slice())?);
    }
    Ok(graph)
}
