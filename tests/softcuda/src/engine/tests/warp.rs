//! What lanes and warps do together.

use super::harness::{Shape, WARP, kernel, lanes, launch, ptx};
use crate::engine::Fault;

#[test]
fn shuffles() {
    assert_eq!(lanes("shfl.sync.down.b32 %r0, %r1, 1, 31, -1;"), std::array::from_fn(|lane| (lane + 1).min(31) as u32));
    assert_eq!(
        lanes("shfl.sync.up.b32 %r0, %r1, 2, 0, -1;"),
        std::array::from_fn(|lane| if lane < 2 { lane } else { lane - 2 } as u32)
    );
    assert_eq!(lanes("shfl.sync.bfly.b32 %r0, %r1, 1, 31, -1;"), std::array::from_fn(|lane| lane as u32 ^ 1));
    // Segments of 8 lanes: c has 0x18 in its upper byte.
    assert_eq!(
        lanes("shfl.sync.idx.b32 %r0, %r1, 3, 0x181f, -1;"),
        std::array::from_fn(|lane| lane as u32 / 8 * 8 + 3)
    );
    let range = "shfl.sync.down.b32 %r2|%p1, %r1, 8, 31, -1; selp.u32 %r0, 1, 0, %p1;";
    assert_eq!(lanes(range), std::array::from_fn(|lane| u32::from(lane < 24)));
}

#[test]
fn a_lane_that_takes_no_part_gives_0() {
    let body = "mov.u32 %r0, 99; setp.lt.u32 %p1, %r1, 4; add.u32 %r2, %r1, 10; @!%p1 bra DONE;
        shfl.sync.down.b32 %r0, %r2, 2, 31, 15; DONE:";
    assert_eq!(lanes(body)[..5], [12, 13, 0, 0, 99]);
}

#[test]
fn lanes_wait_for_the_others_of_their_mask() {
    // Half of the lanes take a detour; the exchange is of all at two places of the code.
    let body = "and.b32 %r2, %r1, 1; setp.eq.u32 %p1, %r2, 0; @%p1 bra EVEN;
        shfl.sync.bfly.b32 %r0, %r1, 1, 31, -1; bra JOIN;
        EVEN: mov.u32 %r3, 5; shfl.sync.bfly.b32 %r0, %r1, 1, 31, -1; JOIN:";
    assert_eq!(lanes(body), std::array::from_fn(|lane| lane as u32 ^ 1));
    let ended = "setp.gt.u32 %p1, %r1, 15; @%p1 exit; vote.sync.ballot.b32 %r0, %p1, -1; add.u32 %r0, %r0, 1;";
    assert_eq!(lanes(ended)[..17], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
}

#[test]
fn votes_matches_and_reductions() {
    assert_eq!(lanes("setp.lt.u32 %p1, %r1, 3; vote.sync.ballot.b32 %r0, %p1, -1;"), [7; 32]);
    assert_eq!(lanes("setp.lt.u32 %p1, %r1, 3; vote.sync.any.pred %p2, %p1, -1; selp.u32 %r0, 1, 0, %p2;"), [1; 32]);
    assert_eq!(lanes("setp.lt.u32 %p1, %r1, 3; vote.sync.all.pred %p2, !%p1, -1; selp.u32 %r0, 1, 0, %p2;"), [0; 32]);
    assert_eq!(lanes("and.b32 %r2, %r1, 1; match.any.sync.b32 %r0, %r2, -1;")[..2], [0x5555_5555, 0xaaaa_aaaa]);
    assert_eq!(lanes("match.all.sync.b32 %r0|%p1, 7, -1;"), [u32::MAX; 32]);
    assert_eq!(lanes("match.all.sync.b32 %r0|%p1, %r1, -1;"), [0; 32]);
    assert_eq!(lanes("redux.sync.add.u32 %r0, %r1, -1;"), [496; 32]);
    assert_eq!(lanes("sub.u32 %r2, %r1, 5; redux.sync.min.s32 %r0, %r2, -1;"), [-5i32 as u32; 32]);
    assert_eq!(lanes("elect.sync %r2|%p1, -1; selp.u32 %r0, 1, 0, %p1;")[..2], [1, 0]);
}

#[test]
fn special_registers() {
    assert_eq!(lanes("mov.u32 %r0, %lanemask_lt;")[..3], [0, 1, 3]);
    assert_eq!(lanes("mov.u32 %r0, %lanemask_ge;")[31], 1 << 31);
    assert_eq!(lanes("mov.u32 %r0, %ntid.x;"), [32; 32]);
    assert_eq!(lanes("mov.u32 %r0, WARP_SZ;"), [32; 32]);
    assert_eq!(
        lanes("mov.u64 %rd0, %clock64; mov.u64 %rd1, %clock64; setp.ge.u64 %p1, %rd1, %rd0; selp.u32 %r0, 1, 0, %p1;"),
        [1; 32]
    );
}

#[test]
fn a_lock_within_a_warp_is_got_by_all() {
    let body = "ld.param.u64 %rd0, [data];
        SPIN: atom.global.cas.b32 %r0, [%rd0], 0, 1; setp.ne.u32 %p1, %r0, 0; @%p1 bra SPIN;
        ld.volatile.global.u32 %r1, [%rd0+4]; add.u32 %r1, %r1, 1; st.volatile.global.u32 [%rd0+4], %r1;
        membar.gl; atom.global.exch.b32 %r0, [%rd0], 0; ret;";
    let mut data = [0u32; 2];
    launch(&kernel(&ptx(body)), Shape { grid: 4, block: 64, ..WARP }, &mut data).expect("no fault");
    assert_eq!(data, [0, 256]);
}

#[test]
fn a_warp_waits_for_what_another_writes() {
    let body = "ld.param.u64 %rd0, [data]; mov.u32 %r0, %tid.x; setp.ge.u32 %p1, %r0, 32; @%p1 bra WRITE;
        WAIT: ld.volatile.global.u32 %r1, [%rd0]; setp.eq.u32 %p2, %r1, 0; @%p2 bra WAIT; ret;
        WRITE: st.volatile.global.u32 [%rd0], 1; ret;";
    launch(&kernel(&ptx(body)), Shape { block: 64, ..WARP }, &mut [0u32]).expect("no fault");
}

/// Reverses 128 values through shared memory.
const REVERSE: &str =
    "ld.param.u64 %rd0, [data]; mov.u32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd0, %rd0, %rd1;
    ld.global.u32 %r1, [%rd0]; mov.u32 %r2, s; shl.b32 %r3, %r0, 2; add.u32 %r4, %r2, %r3; st.shared.u32 [%r4], %r1;
    bar.sync 0; sub.u32 %r4, %r2, %r3; ld.shared.u32 %r5, [%r4+508]; st.global.u32 [%rd0], %r5;";

#[test]
fn barriers_separate_writes_from_reads() {
    let mut data: [u32; 128] = std::array::from_fn(|at| at as u32);
    let shape = Shape { block: 128, ..WARP };
    launch(&kernel(&ptx(&format!(".shared .align 4 .b8 s[512]; {REVERSE}"))), shape, &mut data).expect("no fault");
    assert_eq!(data, std::array::from_fn(|at| 127 - at as u32));
    let dynamic = ptx(REVERSE).replace(".visible", ".extern .shared .align 4 .b8 s[]; .visible");
    launch(&kernel(&dynamic), Shape { dynamic_shared: 512, ..shape }, &mut data).expect("no fault");
    assert_eq!(data, std::array::from_fn(|at| at as u32));
    assert_eq!(launch(&kernel(&dynamic), shape, &mut data), Err(Fault::Address));
}

#[test]
fn barriers_reduce_and_count() {
    let body = "ld.param.u64 %rd0, [data]; mov.u32 %r0, %tid.x; setp.lt.u32 %p1, %r0, 40; bar.red.popc.u32 %r1, 1, %p1;
        bar.red.and.pred %p2, 1, %p1; bar.red.or.pred %p3, 1, %p1; selp.u32 %r2, 100, 0, %p2; selp.u32 %r3, 1000, 0, %p3;
        add.u32 %r1, %r1, %r2; add.u32 %r1, %r1, %r3; mad.wide.u32 %rd0, %r0, 4, %rd0; st.global.u32 [%rd0], %r1;";
    let mut data = [0u32; 96];
    launch(&kernel(&ptx(body)), Shape { block: 96, ..WARP }, &mut data).expect("no fault");
    assert_eq!(data, [1040; 96]);
}

#[test]
fn some_warps_arrive_and_others_wait() {
    // Warp 0 produces, warp 1 consumes; warp 2 takes no part.
    let body = ".shared .align 4 .b32 s; ld.param.u64 %rd0, [data]; mov.u32 %r0, %tid.x; shr.u32 %r1, %r0, 5;
        setp.eq.u32 %p1, %r1, 1; @%p1 bra CONSUME; setp.eq.u32 %p1, %r1, 2; @%p1 exit;
        st.shared.u32 [s], 7; bar.arrive 3, 64; ret; CONSUME: bar.sync 3, 64; ld.shared.u32 %r2, [s]; st.global.u32 [%rd0], %r2;";
    let mut data = [0u32];
    launch(&kernel(&ptx(body)), Shape { block: 96, ..WARP }, &mut data).expect("no fault");
    assert_eq!(data, [7]);
}

#[test]
fn threads_that_have_ended_are_not_waited_for_and_others_for_ever() {
    let ended = "mov.u32 %r0, %tid.x; setp.ge.u32 %p1, %r0, 32; @%p1 exit; bar.sync 0;";
    launch(&kernel(&ptx(ended)), Shape { block: 64, ..WARP }, &mut [0u32]).expect("no fault");
    let apart = "mov.u32 %r0, %tid.x; setp.ge.u32 %p1, %r0, 32; @%p1 bra L; bar.sync 1, 64; L: bar.sync 2, 64;";
    assert_eq!(launch(&kernel(&ptx(apart)), Shape { block: 64, ..WARP }, &mut [0u32]), Err(Fault::Timeout));
}

#[test]
fn blocks_of_a_cooperative_launch_wait_for_each_other() {
    let body = "ld.param.u64 %rd0, [data]; atom.global.add.u32 %r0, [%rd0], 1;
        WAIT: ld.volatile.global.u32 %r1, [%rd0]; setp.lt.u32 %p1, %r1, 256; @%p1 bra WAIT;";
    let mut data = [0u32];
    launch(&kernel(&ptx(body)), Shape { grid: 8, cooperative: true, ..WARP }, &mut data).expect("no fault");
    assert_eq!(data, [256]);
}
