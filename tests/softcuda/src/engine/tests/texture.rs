//! Textures and surfaces.

use super::harness::{Shape, WARP, kernel, ptx, refusal};
use crate::engine::texture::{Channel, Image, Mipmaps, Mode, Texture};
use crate::engine::{Fault, Launch, Memory};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The data of a kernel, and an image that has the handle 7 as a texture and as a surface.
struct Space {
    ranges: [Range<u64>; 2],
    texture: Arc<Texture>,
}

impl Memory for Space {
    fn range(&self, address: u64) -> Option<Range<u64>> {
        self.ranges.iter().find(|range| range.contains(&address)).cloned()
    }

    fn texture(&self, handle: u64) -> Option<Arc<Texture>> {
        (handle == 7).then(|| self.texture.clone())
    }

    fn surface(&self, handle: u64) -> Option<Image> {
        (handle == 7).then(|| self.texture.levels[0])
    }
}

/// An image of two rows of four, whose elements are `elements`, in rows of 16 bytes.
fn texture<T>(elements: &mut [T], channel: Channel) -> Texture {
    let base = elements.as_mut_ptr() as u64;
    let image = Image { base, pitch: 16, slice: 32, extent: [4, 2, 1], layers: 1, channel, channels: 1 };
    Texture {
        levels: vec![image],
        modes: [Mode::Clamp; 3],
        is_linear: false,
        is_normalized: false,
        is_integer: false,
        border: [9.0, 0.0, 0.0, 0.0],
        mipmaps: Mipmaps::default(),
    }
}

/// Runs a kernel; `%rd1` has the handle 7, `%r0` is stored.
fn run<T>(texture: Texture, elements: &mut [T], body: &str) -> Result<u32, Fault> {
    let mut data = [0_u32];
    let range = elements.as_mut_ptr_range();
    let data_range = data.as_mut_ptr_range();
    let ranges = [range.start as u64..range.end as u64, data_range.start as u64..data_range.end as u64];
    let memory = Space { ranges, texture: Arc::new(texture) };
    let kernel =
        kernel(&ptx(&format!("mov.u64 %rd1, 7; {body} ld.param.u64 %rd2, [data]; st.global.u32 [%rd2], %r0;")));
    let Shape { grid, dynamic_shared, cooperative, .. } = WARP;
    let launch = Launch {
        grid: [grid, 1, 1],
        block: [1, 1, 1],
        dynamic_shared,
        parameters: &(data.as_mut_ptr() as u64).to_le_bytes(),
        cooperative,
        stop: &AtomicBool::new(false),
        print: &|_| (),
    };
    kernel.run(&launch, &memory)?;
    Ok(data[0])
}

const ELEMENTS: [f32; 8] = [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0];

/// What is read at a place of [`ELEMENTS`].
fn at(place: [f32; 2], change: impl Fn(&mut Texture)) -> f32 {
    let mut elements = ELEMENTS;
    let mut texture = texture(&mut elements, Channel::Float);
    change(&mut texture);
    let [x, y] = place.map(f32::to_bits);
    let body = format!("tex.2d.v4.f32.f32 {{%f1, %f2, %f3, %f4}}, [%rd1, {{0f{x:08x}, 0f{y:08x}}}]; mov.b32 %r0, %f1;");
    f32::from_bits(run(texture, &mut elements, &body).expect("no fault"))
}

#[test]
fn the_nearest_element_is_read() {
    assert_eq!(at([2.9, 1.0], |_| ()), 12.0);
    assert_eq!(at([0.0, 0.99], |_| ()), 0.0);
    assert_eq!(at([0.5, 0.5], |texture| texture.is_normalized = true), 12.0);
}

#[test]
fn edges_are_clamped_wrapped_mirrored_or_the_border() {
    let with = |mode: Mode, is_normalized: bool| {
        move |texture: &mut Texture| (texture.modes, texture.is_normalized) = ([mode; 3], is_normalized)
    };
    assert_eq!(at([-1.0, 7.0], with(Mode::Clamp, false)), 10.0);
    assert_eq!(at([4.0, 0.0], with(Mode::Border, false)), 9.0);
    assert_eq!(at([4.0, 0.0], with(Mode::Wrap, false)), 3.0);
    assert_eq!(at([1.25, 0.0], with(Mode::Wrap, true)), 1.0);
    assert_eq!(at([1.25, 0.0], with(Mode::Mirror, true)), 3.0);
    assert_eq!(at([1.0, 0.0], with(Mode::Mirror, true)), 3.0);
    assert_eq!(at([-0.25, 0.0], with(Mode::Mirror, true)), 1.0);
}

#[test]
fn weights_have_eight_bits_behind_the_point() {
    let linear = |texture: &mut Texture| texture.is_linear = true;
    assert_eq!(at([1.0, 0.5], linear), 0.5);
    assert_eq!(at([1.75, 1.0], linear), 6.25);
    assert_eq!(at([1.0 + 1.0 / 1024.0, 0.5], linear), 0.5);
    assert_eq!(at([1.0 + 1.0 / 256.0, 0.5], linear), 0.5 + 1.0 / 256.0);
    // Beyond the edge are elements like the last one.
    assert_eq!(at([0.0, 0.5], linear), 0.0);
    let border = |texture: &mut Texture| (texture.is_linear, texture.modes) = (true, [Mode::Border; 3]);
    assert_eq!(at([0.0, 0.5], border), 4.5);
}

#[test]
fn integers_are_fractions_or_themselves() {
    let read = |channel, bits: u32, is_integer, kind: &str| {
        let mut elements = [bits; 8];
        let of = Texture { is_integer, ..texture(&mut elements, channel) };
        let register = if kind == "f32" { "%f1" } else { "%r0" };
        let rest = if kind == "f32" { "%f2, %f3, %f4" } else { "%r2, %r3, %r4" };
        let last = if kind == "f32" { "mov.b32 %r0, %f1;" } else { "" };
        let body = format!("tex.2d.v4.{kind}.s32 {{{register}, {rest}}}, [%rd1, {{0, 0}}]; {last}");
        run(of, &mut elements, &body).expect("no fault")
    };
    let float = |channel, bits| f32::from_bits(read(channel, bits, false, "f32"));
    assert_eq!((float(Channel::U8, 255), float(Channel::U8, 51)), (1.0, 0.2));
    assert_eq!((float(Channel::S8, 0x80), float(Channel::S8, 0x81), float(Channel::S8, 127)), (-1.0, -1.0, 1.0));
    assert_eq!((float(Channel::U16, 0xffff), float(Channel::S16, 0x8000)), (1.0, -1.0));
    assert_eq!(float(Channel::Half, 0x3e00), 1.5);
    assert_eq!(read(Channel::S8, 0xfe, true, "s32") as i32, -2);
    assert_eq!(read(Channel::U16, 0xfffe, true, "u32"), 0xfffe);
    assert_eq!(read(Channel::S32, 0xffff_fffe, false, "s32") as i32, -2);
}

#[test]
fn four_elements_are_gathered() {
    let mut elements = ELEMENTS;
    let of = texture(&mut elements, Channel::Float);
    let body = "tld4.r.2d.v4.f32.f32 {%f1, %f2, %f3, %f4}, [%rd1, {0f40000000, 0f3f800000}];
        mul.f32 %f1, %f1, 0f42c80000; add.f32 %f1, %f1, %f2; mul.f32 %f1, %f1, 0f41200000; add.f32 %f1, %f1, %f3;
        mul.f32 %f1, %f1, 0f41200000; add.f32 %f1, %f1, %f4; cvt.rzi.u32.f32 %r0, %f1;";
    // 11, 12, 2 and 1.
    assert_eq!(run(of, &mut elements, body), Ok((((11 * 100 + 12) * 10) + 2) * 10 + 1));
}

#[test]
fn surfaces_are_read_and_written() {
    let mut elements = ELEMENTS;
    let mut with = |body: &str| {
        let of = texture(&mut elements, Channel::Float);
        run(of, &mut elements, body)
    };
    assert_eq!(with("suld.b.2d.b32.trap {%r0}, [%rd1, {8, 1}];"), Ok(12_f32.to_bits()));
    assert_eq!(with("mov.u32 %r0, 5; sust.b.2d.b32.trap [%rd1, {4, 0}], {%r0};"), Ok(5));
    assert_eq!(with("suld.b.2d.v2.b32.trap {%r1, %r0}, [%rd1, {0, 0}];"), Ok(5));
    assert_eq!(with("mov.u32 %r0, 5; suld.b.2d.b32.zero {%r0}, [%rd1, {16, 0}];"), Ok(0));
    assert_eq!(with("suld.b.2d.b32.clamp {%r0}, [%rd1, {400, 7}];"), Ok(13_f32.to_bits()));
    assert_eq!(with("suld.b.2d.b32.trap {%r0}, [%rd1, {16, 0}];"), Err(Fault::Trap));
    assert_eq!(with("suld.b.2d.b32.trap {%r0}, [%rd1, {2, 0}];"), Err(Fault::Misaligned));
    assert_eq!(with("mov.u32 %r0, 1; sust.b.2d.b32.zero [%rd1, {-4, 0}], {%r0};"), Ok(1));
    assert_eq!(elements, [0.0, f32::from_bits(5), 2.0, 3.0, 10.0, 11.0, 12.0, 13.0]);
}

#[test]
fn textures_say_how_large_they_are() {
    let mut elements = ELEMENTS;
    let mut ask = |body: &str| {
        let of = texture(&mut elements, Channel::Float);
        run(of, &mut elements, body)
    };
    assert_eq!(ask("txq.width.b32 %r0, [%rd1];"), Ok(4));
    assert_eq!(ask("suq.height.b32 %r0, [%rd1];"), Ok(2));
    assert_eq!(ask("txq.depth.b32 %r0, [%rd1];"), Ok(1));
    assert_eq!(ask("mov.u64 %rd1, 8; txq.width.b32 %r0, [%rd1];"), Err(Fault::Address));
    assert_eq!(ask("mov.u64 %rd1, 8; tex.1d.v4.s32.s32 {%r0, %r1, %r2, %r3}, [%rd1, {0}];"), Err(Fault::Address));
}

#[test]
fn levels_are_chosen_and_interpolated() {
    let of = |lod: f32, mipmaps: Mipmaps| {
        let mut elements = ELEMENTS;
        let mut texture = texture(&mut elements, Channel::Float);
        let first = texture.levels[0];
        texture.levels.push(Image { base: first.base + 16, extent: [2, 1, 1], ..first });
        texture.is_normalized = true;
        texture.mipmaps = mipmaps;
        let body = format!(
            "tex.level.2d.v4.f32.f32 {{%f1, %f2, %f3, %f4}}, [%rd1, {{0f3f400000, 0f00000000}}], 0f{:08x}; mov.b32 %r0, %f1;",
            lod.to_bits()
        );
        f32::from_bits(run(texture, &mut elements, &body).expect("no fault"))
    };
    let point = Mipmaps { clamp: [0.0, 5.0], ..Mipmaps::default() };
    assert_eq!([0.0, 0.4, 0.6, 9.0].map(|lod| of(lod, point)), [3.0, 3.0, 11.0, 11.0]);
    let linear = Mipmaps { is_linear: true, ..point };
    assert_eq!([0.0, 0.25, 1.0].map(|lod| of(lod, linear)), [3.0, 5.0, 11.0]);
    assert_eq!(of(0.0, Mipmaps { bias: 0.5, ..linear }), 7.0);
    assert_eq!(of(1.0, Mipmaps { clamp: [0.0, 0.25], ..linear }), 5.0);
}

#[test]
fn forms_that_are_not_known_are_refused() {
    let grad = "tex.grad.2d.v4.f32.f32 {%f1, %f2, %f3, %f4}, [%rd1, {%f1, %f2}], {%f1, %f2}, {%f1, %f2};";
    assert!(refusal(grad).contains("its operands are not known"), "{}", refusal(grad));
    assert!(refusal("sust.p.2d.b32.trap [%rd1, {%r1, %r2}], {%r0};").contains("its form is not known"));
}
