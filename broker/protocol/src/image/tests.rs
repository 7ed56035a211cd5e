use super::*;

static NUMBERS: CountedSpec = CountedSpec { count_at: 0, data_at: 4, element: 4 };
static SCALES: ImageSpec = ImageSpec { size: 16, pointers: &[PointerSpec { at: 0, to: Target::Counted(&NUMBERS) }] };
/// A tag, what is behind it, a name, numbers, data, and an address that means nothing.
static SPEC: ImageSpec = ImageSpec {
    size: 48,
    pointers: &[
        PointerSpec { at: 8, to: Target::Keyed { at: 0, size: 4, keys: &[(1, &SCALES)] } },
        PointerSpec { at: 16, to: Target::Text },
        PointerSpec { at: 24, to: Target::Counted(&NUMBERS) },
        PointerSpec { at: 32, to: Target::Data },
        PointerSpec { at: 40, to: Target::Nothing },
    ],
};

/// Memory whose byte i is at address 1000 + i.
#[derive(Default)]
struct Vendor(Vec<u8>);

impl Vendor {
    fn put(&mut self, bytes: &[u8]) -> u64 {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        self.0.extend_from_slice(bytes);
        (1000 + self.0.len() - bytes.len()) as u64
    }

    fn words(&mut self, words: &[u64]) -> u64 {
        self.put(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
    }

    fn numbers(&mut self, numbers: &[i32]) -> u64 {
        let count = numbers.len() as i32;
        let all: Vec<_> = std::iter::once(&count).chain(numbers).flat_map(|number| number.to_le_bytes()).collect();
        self.put(&all)
    }
}

impl Source for Vendor {
    fn bytes(&self, address: u64, len: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0[address as usize - 1000..][..len]);
    }

    fn text(&self, address: u64, out: &mut Vec<u8>) {
        out.extend(self.0[address as usize - 1000..].iter().take_while(|byte| **byte != 0));
    }
}

fn vendor(tag: u64, dims: &[i32]) -> (Vendor, u64) {
    let mut vendor = Vendor::default();
    let scales = vendor.numbers(&[7, 8, 9]);
    let behind = vendor.words(&[scales, 3]);
    let (name, dims) = (vendor.put(b"input\0"), vendor.numbers(dims));
    let at = vendor.words(&[tag, behind, name, dims, 77, 78]);
    (vendor, at)
}

fn image(vendor: &Vendor, at: u64) -> Vec<u8> {
    let mut image = Vec::new();
    SPEC.write(at, vendor, &mut image);
    image
}

impl Image {
    /// The bytes of what the pointer with this number leads to.
    fn led(&self, i: usize) -> Vec<u8> {
        let behind = self.behind[i].as_ref().expect("the pointer leads somewhere");
        assert_eq!(self.memory[SPEC.pointers[i].at / 8], behind.address() as u64);
        behind.memory.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

#[test]
fn an_image_says_what_the_struct_says() {
    let (vendor, at) = vendor(1, &[2, 5]);
    let bytes = image(&vendor, at);
    let mut image = Image::empty(&SPEC);
    let address = image.address();
    image.update(&SPEC, &bytes, 0xda7a).expect("an image");
    assert_eq!(image.address(), address);
    assert_eq!(image.led(1), b"input\0\0\0");
    assert_eq!(image.led(2), [2, 2, 5, 0].map(i32::to_le_bytes).concat());
    assert_eq!((image.memory[4], image.memory[5]), (0xda7a, 0));
    let affine = image.behind[0].as_ref().expect("what goes by the tag");
    let scales = affine.behind[0].as_ref().expect("numbers");
    assert_eq!((affine.memory[0], affine.memory[1]), (scales.address() as u64, 3));
    assert_eq!(*scales.memory, [3 | 7 << 32, 8 | 9 << 32]);
}

#[test]
fn what_stays_the_same_stays_where_it_is() {
    let (vendor, at) = vendor(1, &[2, 5]);
    let mut image = Image::empty(&SPEC);
    image.update(&SPEC, &self::image(&vendor, at), 0).expect("an image");
    let places: Vec<_> = image.behind.iter().map(|behind| behind.as_ref().map(Image::address)).collect();
    let (changed, at) = self::vendor(1, &[2, 6]);
    image.update(&SPEC, &self::image(&changed, at), 0).expect("an image");
    assert_eq!(image.led(2), [2, 2, 6, 0].map(i32::to_le_bytes).concat());
    let now: Vec<_> = image.behind.iter().map(|behind| behind.as_ref().map(Image::address)).collect();
    assert_eq!(now, places);
    // A key that nobody knows, and more numbers.
    let (longer, at) = self::vendor(2, &[1, 2, 3, 4]);
    image.update(&SPEC, &self::image(&longer, at), 0).expect("an image");
    assert_eq!((image.memory[1], image.behind[0].is_none()), (0, true));
    assert_eq!(image.led(2), [4, 1, 2, 3, 4, 0].map(i32::to_le_bytes).concat());
}

#[test]
fn the_surface_changes_with_what_a_vendor_changes() {
    let surface = |dims: &[i32]| {
        let (vendor, at) = vendor(1, dims);
        let mut surface = Vec::new();
        SPEC.surface(at, &vendor, &mut surface);
        surface
    };
    assert_eq!(surface(&[2, 5]), surface(&[2, 5]));
    assert_ne!(surface(&[2, 5]), surface(&[2, 6]));
}

#[test]
fn what_is_no_image_is_refused() {
    let (vendor, at) = vendor(1, &[2, 5]);
    let bytes = image(&vendor, at);
    let update = |bytes: &[u8]| Image::empty(&SPEC).update(&SPEC, bytes, 0);
    assert!(update(&bytes).is_some());
    for len in 0..bytes.len() {
        assert!(update(&bytes[..len]).is_none(), "{len} bytes");
    }
    assert!(update(&[&bytes[..], &[0]].concat()).is_none());
    let mut endless = bytes.clone();
    // The length of the name, behind the struct, the struct by its tag and its numbers.
    endless[SPEC.size + 16 + 16..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(update(&endless).is_none());
    let mut address = bytes;
    address[16..24].copy_from_slice(&0x7fff_u64.to_le_bytes());
    assert!(update(&address).is_none());
}

#[test]
fn a_count_below_none_is_none() {
    assert_eq!(NUMBERS.bytes(-5), 4);
    let (vendor, at) = vendor(1, &[]);
    let mut wrong = Vendor(vendor.0.clone());
    let dims = word(&vendor.0, at as usize - 1000 + 24) as usize - 1000;
    wrong.0[dims..dims + 4].copy_from_slice(&(-1_i32).to_le_bytes());
    let mut image = Image::empty(&SPEC);
    image.update(&SPEC, &self::image(&wrong, at), 0).expect("an image");
    assert_eq!(image.led(2), [-1, 0].map(i32::to_le_bytes).concat());
}
