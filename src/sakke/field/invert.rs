//! Inversion by division steps (Bernstein and Yang, "safegcd", the variant with half steps): a number of steps that
//! depends on the size of the modulus only, done in words before the long numbers are touched.
//!
//! For 1024 bits, (45907 * 1024 + 26313) / 19929 = 2360 steps suffice.

/// Division steps that always reach the end for 1024 bits.
const STEPS: u32 = 2361;

macro_rules! inverse_by_division_steps {
    (
        $(#[$doc:meta])* $name:ident, $limb:ty, $count:literal, $word:ty, $double:ty, $digits:literal, $bits:literal
    ) => {
        $(#[$doc])*
        pub(super) fn $name(value: &[$limb; $count], modulus: &[$limb; $count], n0: $limb) -> [$limb; $count] {
            const DIGIT: $word = (1 << $bits) - 1;
            const BITS: u32 = <$limb>::BITS;
            const SIGN: u32 = <$word>::BITS - 1;

            #[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
            const fn low(x: $double) -> $word {
                x as $word
            }

            const fn wide(x: $word) -> $double {
                x as $double
            }

            /// All ones for a negative word. Without the barrier the compiler turns masks back into branches.
            fn sign(x: $word) -> $word {
                core::hint::black_box(x >> SIGN)
            }

            fn dot(a: $word, x: $word, b: $word, y: $word) -> $double {
                wide(a).wrapping_mul(wide(x)).wrapping_add(wide(b).wrapping_mul(wide(y)))
            }

            fn digits(limbs: &[$limb; $count]) -> [$word; $digits] {
                let mut out = [0; $digits];
                let mut source = limbs.iter();
                let mut store: $double = 0;
                let mut held = 0u32;
                for digit in &mut out {
                    if held < $bits {
                        let limb = source.next().copied().unwrap_or(0);
                        store |= (limb as $double) << held;
                        held = held.wrapping_add(BITS);
                    }
                    *digit = low(store) & DIGIT;
                    store >>= $bits;
                    held = held.wrapping_sub($bits);
                }
                out
            }

            fn limbs(digits: &[$word; $digits]) -> [$limb; $count] {
                let mut out = [0; $count];
                let mut source = digits.iter();
                let mut store: $double = 0;
                let mut held = 0u32;
                for limb in &mut out {
                    while held < BITS {
                        store |= wide(source.next().copied().unwrap_or(0)) << held;
                        held = held.wrapping_add($bits);
                    }
                    *limb = low(store).cast_unsigned();
                    store >>= BITS;
                    held = held.wrapping_sub(BITS);
                }
                out
            }

            /// Adds `other & mask` to `digits`, negates the sum where `negate` is set, and carries.
            fn settle(digits: &mut [$word; $digits], other: &[$word; $digits], mask: $word, negate: $word) {
                let mut carry: $word = 0;
                for (digit, other) in digits.iter_mut().zip(other) {
                    let sum = digit.wrapping_add(*other & mask);
                    let sum = (sum ^ negate).wrapping_sub(negate).wrapping_add(carry);
                    carry = sum >> $bits;
                    *digit = sum & DIGIT;
                }
                // The highest digit has the sign.
                let [.., top] = digits;
                *top |= carry.wrapping_shl($bits);
            }

            let modulus = digits(modulus);
            // 1 / modulus modulo 2^bits, from the constant of Montgomery arithmetic.
            let inverse = n0.wrapping_neg().cast_signed() & DIGIT;
            let (mut f, mut g) = (modulus, digits(value));
            let (mut d, mut e) = ([0 as $word; $digits], [0 as $word; $digits]);
            let [first, ..] = &mut e;
            *first = 1;
            let mut zeta: $word = -1;
            for _ in 0..STEPS.div_ceil($bits) {
                let (mut u, mut v, mut q, mut r): ($word, $word, $word, $word) = (1, 0, 0, 1);
                let ([mut f0, ..], [mut g0, ..]) = (f, g);
                for _ in 0..$bits {
                    let below = sign(zeta);
                    let odd = core::hint::black_box((g0 & 1).wrapping_neg());
                    let x = (f0 ^ below).wrapping_sub(below);
                    let y = (u ^ below).wrapping_sub(below);
                    let z = (v ^ below).wrapping_sub(below);
                    g0 = g0.wrapping_add(x & odd);
                    q = q.wrapping_add(y & odd);
                    r = r.wrapping_add(z & odd);
                    let swap = below & odd;
                    zeta = (zeta ^ swap).wrapping_sub(1);
                    f0 = f0.wrapping_add(g0 & swap);
                    u = u.wrapping_add(q & swap);
                    v = v.wrapping_add(r & swap);
                    g0 >>= 1;
                    u = u.wrapping_shl(1);
                    v = v.wrapping_shl(1);
                }

                let ([.., d_top], [.., e_top]) = (d, e);
                let (d_sign, e_sign) = (sign(d_top), sign(e_top));
                let mut md = (u & d_sign).wrapping_add(v & e_sign);
                let mut me = (q & d_sign).wrapping_add(r & e_sign);
                let ([d0, ..], [e0, ..], [m0, ..]) = (d, e, modulus);
                let (cd, ce) = (dot(u, d0, v, e0), dot(q, d0, r, e0));
                md = md.wrapping_sub(inverse.wrapping_mul(low(cd)).wrapping_add(md) & DIGIT);
                me = me.wrapping_sub(inverse.wrapping_mul(low(ce)).wrapping_add(me) & DIGIT);
                let mut cd = cd.wrapping_add(wide(m0).wrapping_mul(wide(md))) >> $bits;
                let mut ce = ce.wrapping_add(wide(m0).wrapping_mul(wide(me))) >> $bits;
                let (mut next_d, mut next_e) = ([0; $digits], [0; $digits]);
                let source = d.iter().zip(&e).zip(&modulus).skip(1);
                for ((next_d, next_e), ((d, e), m)) in next_d.iter_mut().zip(&mut next_e).zip(source) {
                    cd = cd.wrapping_add(dot(u, *d, v, *e)).wrapping_add(wide(*m).wrapping_mul(wide(md)));
                    ce = ce.wrapping_add(dot(q, *d, r, *e)).wrapping_add(wide(*m).wrapping_mul(wide(me)));
                    (*next_d, *next_e) = (low(cd) & DIGIT, low(ce) & DIGIT);
                    (cd, ce) = (cd >> $bits, ce >> $bits);
                }
                let ([.., d_top], [.., e_top]) = (&mut next_d, &mut next_e);
                (*d_top, *e_top) = (low(cd), low(ce));
                (d, e) = (next_d, next_e);

                let ([f0, ..], [g0, ..]) = (f, g);
                let mut cf = dot(u, f0, v, g0) >> $bits;
                let mut cg = dot(q, f0, r, g0) >> $bits;
                let (mut next_f, mut next_g) = ([0; $digits], [0; $digits]);
                let source = f.iter().zip(&g).skip(1);
                for ((next_f, next_g), (f, g)) in next_f.iter_mut().zip(&mut next_g).zip(source) {
                    cf = cf.wrapping_add(dot(u, *f, v, *g));
                    cg = cg.wrapping_add(dot(q, *f, r, *g));
                    (*next_f, *next_g) = (low(cf) & DIGIT, low(cg) & DIGIT);
                    (cf, cg) = (cf >> $bits, cg >> $bits);
                }
                let ([.., f_top], [.., g_top]) = (&mut next_f, &mut next_g);
                (*f_top, *g_top) = (low(cf), low(cg));
                (f, g) = (next_f, next_g);
            }

            let ([.., f_top], [.., d_top]) = (f, d);
            settle(&mut d, &modulus, sign(d_top), sign(f_top));
            let [.., d_top] = d;
            settle(&mut d, &modulus, sign(d_top), 0);
            let result = limbs(&d);
            for secret in [&mut d, &mut e, &mut f, &mut g] {
                crate::secret::wipe(secret, [0; $digits]);
            }
            result
        }
    };
}

inverse_by_division_steps! {
    /// The inverse of `value` modulo the odd `modulus`, or zero for zero; `n0` is -1/modulus modulo 2^64.
    wide_inverse, u64, 16, i64, i128, 17, 62
}

inverse_by_division_steps! {
    /// The inverse of `value` modulo the odd `modulus`, or zero for zero; `n0` is -1/modulus modulo 2^32.
    narrow_inverse, u32, 32, i32, i64, 35, 30
}
