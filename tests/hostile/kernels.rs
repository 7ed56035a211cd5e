//! Requests that no shim sends to a worker that serves CUDA: code, launches and copies that are not what they say; and a
//! program whose kernel never ends.

use ava_protocol::cuda::custom::{
    ArchivedCompiled, ArchivedCopied, ArchivedStatus, Compile, Complete, Copy, End, HOST, Launch, UNIFIED,
};
use ava_protocol::cuda::{self, opcode};
use ava_protocol::session::Hello;
use ava_protocol::wire::{ArchivedReturned, Data, Extent, Place, Slice};
use ava_tests::{Program, built};

use super::client::{Body, Client, Thread, call};
use super::cuda::stage;
use super::deaths::is_gone;
use super::scene::first;
use super::stage::{PATIENCE, Stage};

/// Adds 3 to each of the integers that its one parameter leads to.
const PTX: &[u8] = b".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry k(.param .u64 to)\n{\n\
    .reg .b64 %rd<2>; .reg .b32 %r<2>;\n ld.param.u64 %rd1, [to];\n ld.global.u32 %r1, [%rd1];\n add.s32 %r1, %r1, 3;\n\
    st.global.u32 [%rd1], %r1;\n ret;\n}\n\0";
const CUDA_ERROR_INVALID_VALUE: u32 = 1;
const CUDA_ERROR_INVALID_IMAGE: u32 = 200;
const CUDA_ERROR_NOT_SUPPORTED: i32 = 801;
/// Ids that the shim would assign.
const MODULE: u64 = 500;
const FREE: u64 = 501;
/// Of no object, of now or before.
const NOBODY: u64 = 1 << 59;

/// A session with a context, a module and a kernel.
struct Scene<'a> {
    stage: &'a Stage,
    client: Client,
    lane: Thread,
    kernel: u64,
    /// 4,096 bytes of device memory.
    memory: u64,
}

fn made(returned: &ArchivedReturned<'_>, status: u32) -> u64 {
    assert_eq!(status, 0);
    first(returned)
}

impl<'a> Scene<'a> {
    fn new(stage: &'a Stage) -> Self {
        let client = Client::with(&stage.socket(), Hello::new("cuda", "hostile", 1, "hostile", "/")).unwrap();
        let mut lane = client.lane();
        let ret = |r: &cuda::cuInit::ArchivedReply| r.ret.to_native();
        assert_eq!(lane.call(opcode::cuInit, &cuda::cuInit::Request { Flags: 0 }, ret), 0);
        let request = cuda::cuDevicePrimaryCtxRetain::Request { pctx: Place::Inline, dev: 0 };
        let ctx = lane.call(
            opcode::cuDevicePrimaryCtxRetain,
            &request,
            |r: &cuda::cuDevicePrimaryCtxRetain::ArchivedReply<'_>| made(&r.pctx, r.ret.to_native()),
        );
        let ret = |r: &cuda::cuCtxSetCurrent::ArchivedReply| r.ret.to_native();
        assert_eq!(lane.call(opcode::cuCtxSetCurrent, &cuda::cuCtxSetCurrent::Request { ctx }, ret), 0);
        let status = |r: &ArchivedCompiled| r.ret.to_native();
        assert_eq!(lane.call(opcode::cuModuleLoadDataEx, &compile(MODULE, Data::Inline(PTX), Data::Null), status), 0);
        let request =
            cuda::cuModuleGetFunction::Request { hfunc: Place::Inline, hmod: MODULE, name: Data::Inline(b"k\0") };
        let kernel =
            lane.call(opcode::cuModuleGetFunction, &request, |r: &cuda::cuModuleGetFunction::ArchivedReply<'_>| {
                made(&r.hfunc, r.ret.to_native())
            });
        let request = cuda::cuMemAlloc_v2::Request { dptr: Place::Inline, bytesize: 4096 };
        let memory = lane.call(opcode::cuMemAlloc_v2, &request, |r: &cuda::cuMemAlloc_v2::ArchivedReply<'_>| {
            made(&r.dptr, r.ret.to_native())
        });
        Self { stage, client, lane, kernel, memory }
    }

    fn compiled(&mut self, code: Data<'_>) -> u32 {
        let status = |r: &ArchivedCompiled| r.ret.to_native();
        self.lane.call(opcode::cuModuleLoadDataEx, &compile(FREE, code, Data::Null), status)
    }

    fn launched(&mut self, request: &Launch<'_>) -> u32 {
        self.lane.call(opcode::cuLaunchKernelEx, request, |r: &ArchivedStatus| r.ret.to_native())
    }

    /// A launch of one thread.
    fn launch<'b>(&self, arguments: Data<'b>, attributes: Data<'b>) -> Launch<'b> {
        let (grid, block) = ([1; 3], [1; 3]);
        Launch { function: self.kernel, grid, block, shared: 0, stream: 0, arguments, attributes, cooperative: false }
    }

    /// The session continues unaffected.
    #[track_caller]
    fn goes_on(&mut self) {
        let to = self.memory.to_le_bytes();
        assert_eq!(self.launched(&self.launch(Data::Inline(&to), Data::Null)), 0);
        let ret = |r: &cuda::cuCtxSynchronize::ArchivedReply| r.ret.to_native();
        assert_eq!(self.lane.call(opcode::cuCtxSynchronize, &cuda::cuCtxSynchronize::Request {}, ret), 0);
    }

    /// The session continues unaffected, and ends with the program.
    #[track_caller]
    fn leaves(mut self) {
        self.goes_on();
        let (stage, session) = (self.stage, self.client.session);
        drop(self);
        stage.end_of(session);
    }

    /// The session has ended, and the log gives the reason.
    #[track_caller]
    fn ends(self, reason: &str) {
        assert!(self.client.is_over(), "the session goes on; wanted {reason:?}\n{}", self.stage.log());
        let line = self.stage.end_of(self.client.session);
        assert!(line.contains(reason), "wanted {reason:?}: {line}");
    }
}

fn compile<'a>(object: u64, code: Data<'a>, options: Data<'a>) -> Compile<'a> {
    Compile { object, code, input: 0, name: Data::Null, options }
}

/// A call that ends its session for a reason.
#[track_caller]
fn fatal(stage: &Stage, opcode: u32, request: &impl Body, reason: &str) {
    let scene = Scene::new(stage);
    assert!(scene.lane.send(&call(opcode, request), None));
    scene.ends(reason);
}

/// A wrapper of this version with offsets in the places of addresses.
fn wrapper(version: u32, data: u64, list: u64) -> Vec<u8> {
    let mut bytes = 0x4662_43B1_u32.to_le_bytes().to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(data.to_le_bytes());
    bytes.extend(list.to_le_bytes());
    bytes
}

#[test]
fn code_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let mut scene = Scene::new(&stage);
    // What leads nowhere leads to no fatbin: neither behind the image, nor before it, nor into its head, nor into the worker.
    for offset in [1, 8, 16, 23, 24, 64, 1 << 20, 1 << 40, 0x5555_5555_5000, u64::MAX - 63, u64::MAX] {
        for version in [1, 2, 3] {
            let image = wrapper(version, offset, 0);
            assert_eq!(scene.compiled(Data::Inline(&image)), CUDA_ERROR_INVALID_IMAGE, "{version}, {offset:#x}");
            let image = [wrapper(version, 0, 24), offset.to_le_bytes().to_vec(), vec![0; 8]].concat();
            assert_eq!(scene.compiled(Data::Inline(&image)), CUDA_ERROR_INVALID_IMAGE, "{version}, {offset:#x}");
        }
    }
    // Fatbins that claim more than there is, of which a driver reads no byte behind the image.
    let mut fatbin = vec![0; 80];
    fatbin[..8].copy_from_slice(&[0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0]);
    for claimed in [64_u64, 1 << 20, 1 << 31, 1 << 40, u64::MAX - 15] {
        fatbin[8..16].copy_from_slice(&claimed.to_le_bytes());
        assert_eq!(scene.compiled(Data::Inline(&fatbin)), CUDA_ERROR_INVALID_IMAGE, "{claimed:#x}");
    }
    scene.leaves();
    // No shim makes such.
    let load = opcode::cuModuleLoadDataEx;
    for image in [wrapper(2, 0, 32), wrapper(2, 0, 1 << 40), wrapper(1, 0, u64::MAX), wrapper(1, 64, 0)[..23].to_vec()]
    {
        fatal(&stage, load, &compile(FREE, Data::Inline(&image), Data::Null), "cuModuleLoadDataEx");
    }
    let endless = [wrapper(2, 0, 24), [1_u64.to_le_bytes(); 64].concat()].concat();
    fatal(&stage, load, &compile(FREE, Data::Inline(&endless), Data::Null), "cuModuleLoadDataEx");
    for code in [Data::Unread, Data::Fixed(Extent { address: 0x3000_0000_0000, len: 64 })] {
        fatal(&stage, load, &compile(FREE, code, Data::Null), "cuModuleLoadDataEx");
    }
    let nowhere = Slice { region: 9, offset: 0, len: 1 << 40, pending: 0 };
    fatal(&stage, load, &compile(FREE, Data::Region(nowhere), Data::Null), "no region 9");
    for (object, reason) in [(MODULE, "is in use or reserved"), (u64::MAX, "is in use or reserved")] {
        fatal(&stage, load, &compile(object, Data::Inline(PTX), Data::Null), reason);
    }
    stage.stays_unharmed();
}

#[test]
fn options_of_compilations_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let load = opcode::cuModuleLoadDataEx;
    let pair = |key: u64, value: u64| [key.to_le_bytes(), value.to_le_bytes()].concat();
    let many = pair(0, 32).repeat(1025);
    fatal(&stage, load, &compile(FREE, Data::Inline(PTX), Data::Inline(&many)), "options");
    let mut scene = Scene::new(&stage);
    for key in [17, 18, 25, 27, 34, 1 << 31, 1 << 32, u64::MAX] {
        let options = pair(key, 0x5555_5555_5000);
        let request = compile(FREE, Data::Inline(PTX), Data::Inline(&options));
        assert_eq!(scene.lane.refused(load, &request), CUDA_ERROR_NOT_SUPPORTED, "{key}");
    }
    // Logs are the worker's, wherever the program says that they are, and however long.
    for (place, size) in [(1, u64::MAX), (0x5555_5555_5000, 1 << 31), (u64::MAX, 0)] {
        let options = [pair(5, place), pair(6, size), pair(3, place), pair(4, size)].concat();
        let request = compile(FREE, Data::Inline(b".version 7.0\n.entry\0"), Data::Inline(&options));
        let told = |r: &ArchivedCompiled| (r.ret.to_native(), r.told.logs.iter().map(|log| log.len()).sum::<usize>());
        let (ret, written) = scene.lane.call(load, &request, told);
        assert!(ret != 0 && written <= 32 << 10, "{ret}, {written}");
    }
    // Half an option.
    let half = pair(0, 32);
    for len in [1, 8, 15] {
        let request = compile(0, Data::Inline(PTX), Data::Inline(&half[..len]));
        assert_eq!(scene.lane.call(load, &request, |r: &ArchivedCompiled| r.ret.to_native()), CUDA_ERROR_INVALID_VALUE);
    }
    scene.leaves();
    // What is no link state.
    let complete = |state| Complete { state, wanted: true, code: Place::Inline };
    fatal(&stage, opcode::cuLinkComplete, &complete(NOBODY), "does not exist");
    fatal(&stage, opcode::cuLinkComplete, &complete(MODULE), "is of kind");
    fatal(&stage, opcode::cuLinkAddData_v2, &compile(MODULE, Data::Inline(PTX), Data::Null), "is of kind");
    stage.stays_unharmed();
}

#[test]
fn launches_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let mut scene = Scene::new(&stage);
    let zeroes = [0; 4096];
    for len in [0, 1, 7, 17, 4096] {
        let status = scene.launched(&scene.launch(Data::Inline(&zeroes[..len]), Data::Null));
        assert_eq!(status, CUDA_ERROR_INVALID_VALUE, "{len} bytes of arguments");
    }
    assert_eq!(scene.launched(&scene.launch(Data::Unreadable, Data::Null)), CUDA_ERROR_INVALID_VALUE);
    let to = scene.memory.to_le_bytes();
    for key in [7_u64, 12, 13, 17, u64::from(u32::MAX)] {
        let attribute = [key.to_le_bytes(), [0x55; 8]].concat();
        let attribute = [attribute, vec![0; 56]].concat();
        let request = scene.launch(Data::Inline(&to), Data::Inline(&attribute));
        assert_eq!(scene.lane.refused(opcode::cuLaunchKernelEx, &request), CUDA_ERROR_NOT_SUPPORTED, "{key}");
    }
    let kernel = scene.kernel;
    let any = scene.launch(Data::Null, Data::Null);
    scene.leaves();
    let launch = |function, stream| Launch { function, stream, arguments: Data::Null, attributes: Data::Null, ..any };
    for (function, stream, reason) in [
        (NOBODY, 0, "does not exist"),
        (MODULE, 0, "is of kind"),
        (kernel, NOBODY, "does not exist"),
        (kernel, MODULE, "is of kind"),
    ] {
        fatal(&stage, opcode::cuLaunchKernel, &launch(function, stream), reason);
    }
    stage.stays_unharmed();
}

#[test]
fn copies_between_what_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let mut scene = Scene::new(&stage);
    let end = |memory, address| End { memory, address, ..End::default() };
    let device = end(UNIFIED, scene.memory);
    let line =
        |to, from, len| Copy { to, from, extent: [len, 1, 1], stream: 0, source: Data::Null, target: Place::Null };
    let status = |r: &ArchivedCopied<'_>| r.ret.to_native();
    // More than a device has, and extents that no number holds.
    for len in [4097, 1 << 40, u64::MAX] {
        let answer = scene.lane.call(opcode::cuMemcpy, &line(device, device, len), status);
        assert_eq!(answer, CUDA_ERROR_INVALID_VALUE, "{len:#x} bytes");
    }
    scene.leaves();
    let travels = |memory| End { memory, travels: true, ..End::default() };
    let bytes = [0; 64];
    for memory in [HOST, UNIFIED] {
        // Fewer bytes than the copy is about, none, and room that is not said.
        let less = Copy { source: Data::Inline(&bytes), ..line(device, travels(memory), 65) };
        fatal(&stage, opcode::cuMemcpy, &less, "64 bytes where 65 are needed");
        for request in [
            Copy { source: Data::Unread, ..line(device, travels(memory), 64) },
            Copy { target: Place::Scalar(0), ..line(travels(memory), device, 64) },
            Copy { source: Data::Inline(&bytes), ..line(device, travels(memory), u64::MAX) },
            Copy { target: Place::Inline, ..line(travels(memory), device, 1 << 40) },
        ] {
            fatal(&stage, opcode::cuMemcpy, &request, "cuMemcpy");
        }
    }
    stage.stays_unharmed();
}

/// Nobody else's: a worker's own memory is where only this session's is. It ends at most itself.
#[test]
fn addresses_of_the_worker_harm_its_own_session_only() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    for address in [0, 16, 4096, 0x5555_5555_5000, 0x7FFF_FFFF_F000, 1 << 47, u64::MAX - 63] {
        let scene = Scene::new(&stage);
        let (there, device) = (End { memory: UNIFIED, address, ..End::default() }, scene.memory);
        let here = End { memory: UNIFIED, address: device, ..End::default() };
        let request =
            Copy { to: here, from: there, extent: [64, 1, 1], stream: 0, source: Data::Null, target: Place::Null };
        assert!(scene.lane.send(&call(opcode::cuMemcpy, &request), None));
        let Scene { client, lane, .. } = scene;
        drop(lane);
        let session = client.session;
        drop(client);
        stage.end_of(session);
    }
    stage.stays_unharmed();
}

#[test]
fn a_kernel_that_never_ends() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let program = Program::new("python3").args([built::tests().join("hostile/endless.py")]).within(PATIENCE);
    let mut program = stage.world.start_remote(&program);
    program.wait_for("waiting\n");
    let session = stage.session_of(program.id());
    let worker = stage.worker_of(session);
    // Another session's kernels run.
    Scene::new(&stage).goes_on();
    program.kill();
    stage.end_of(session);
    is_gone(worker);
    Scene::new(&stage).goes_on();
    stage.stays_unharmed();
}
