//! The tables in flash and those that are prepared, against `p256`.

use super::*;
use crate::sakke::p256::comb::BLOCK_LEN;
use crate::sakke::p256::comb_table::{
    BLOCK_0, BLOCK_6, BLOCK_12, BLOCK_18, BLOCK_24, BLOCK_30, BLOCK_36, BLOCK_42,
};

fn packed(point: &ProjectivePoint) -> PackedPoint {
    ours::<<Wide as Arithmetic>::Field>(point).pack()
}

#[test]
fn the_odd_multiples_of_the_base_point_in_flash_are_what_they_claim_to_be() {
    let double = ProjectivePoint::GENERATOR + ProjectivePoint::GENERATOR;
    let mut next = ProjectivePoint::GENERATOR;
    for point in &ODD_G {
        assert_eq!(*point, packed(&next));
        next += double;
    }
    assert_eq!(ODD_G.len(), 1 << (ODD_G_WIDTH - 2));
}

#[test]
fn the_points_of_the_comb_in_flash_are_what_they_claim_to_be() {
    // 2^0, 2^1 .. 2^257 times G.
    let mut powers = Vec::new();
    let mut next = ProjectivePoint::GENERATOR;
    for _ in 0..258 {
        powers.push(next);
        next += next;
    }
    let blocks = [&BLOCK_0, &BLOCK_6, &BLOCK_12, &BLOCK_18, &BLOCK_24, &BLOCK_30, &BLOCK_36, &BLOCK_42];
    for (block, column) in blocks.into_iter().zip((0..).step_by(6)) {
        for (place, point) in block.iter().enumerate() {
            let mut expected = powers[215 + column];
            for tooth in 0..5 {
                let power = powers[43 * tooth + column];
                expected += if place >> tooth & 1 == 1 { power } else { -power };
            }
            assert_eq!(*point, packed(&expected), "column {column}, place {place}");
        }
    }
    assert_eq!(BLOCK_LEN, 32);
}

#[test]
fn prepared_multiples_are_the_odd_multiples_in_both_word_sizes() {
    let mut wide = [[0; 8]; 256];
    prepare_odd_multiples(&Affine::<<Wide as Arithmetic>::Field>::base(), &mut wide);
    assert_eq!(wide, ODD_G);
    let mut narrow = [[0; 8]; 20];
    prepare_odd_multiples(&Affine::<<Narrow as Arithmetic>::Field>::base(), &mut narrow);
    assert_eq!(narrow, ODD_G[..20]);
}
