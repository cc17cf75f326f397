//! The drawing of who read what.

use crate::timeline::{Mark, Row, draw};

fn row(name: &str, cells: &[(u64, char, bool)]) -> Row {
    let marks =
        cells.iter().map(|(at_ms, msk, read)| Mark { at_ms: *at_ms, msk: *msk, read: *read }).collect();
    Row { name: name.into(), marks }
}

#[test]
fn a_cell_says_whether_all_some_or_none_were_read_and_under_which_msk() {
    let rows = [
        row("sent", &[(0, 'A', true), (150, 'A', true), (200, 'B', true), (399, 'B', true)]),
        row("a1", &[(10, 'A', true), (110, 'A', true), (120, 'B', false), (390, 'B', true)]),
        row("a2", &[(0, 'A', false), (250, 'A', true), (260, 'B', true)]),
    ];
    let drawn = draw(&rows, &[(120, '1'), (399, '2'), (9_999, '3')], 400, 100);
    assert_eq!(drawn, "       1 2\nsent  AABB\na1    Aa B\na2    . B\ns     0\n");
}

#[test]
fn seconds_stand_below_the_column_they_begin_in() {
    let drawn = draw(&[row("a1", &[(2_499, 'C', true)])], &[], 2_500, 250);
    assert_eq!(drawn, "\na1           C\ns   0   1   2\n");
}

#[test]
fn nothing_gives_an_empty_drawing() {
    assert_eq!(draw(&[], &[], 0, 100), "\ns\n");
}
