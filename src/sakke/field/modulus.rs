//! The two moduli of parameter set 1 (RFC 6509 appendix A), with what Montgomery arithmetic needs of them.

/// An odd modulus of at most 1024 bits and the constants of Montgomery arithmetic with R = 2^1024. All numbers stand in
/// 64-bit limbs, least significant first.
pub trait Modulus: Copy + core::fmt::Debug + 'static {
    /// The modulus m.
    const LIMBS: [u64; 16];
    /// R mod m: the Montgomery form of one.
    const R: [u64; 16];
    /// R² mod m.
    const R_SQUARED: [u64; 16];
    /// -1/m mod 2^64.
    const N0: u64;
}

/// The field prime p.
#[derive(Clone, Copy, Debug)]
pub struct ModP;

impl Modulus for ModP {
    const LIMBS: [u64; 16] = [
        0x666d_807a_fea8_5feb,
        0x80c5_df10_ac7a_ce87,
        0xfce3_e823_8985_7db0,
        0x9f94_d6af_5697_1f1f,
        0xa7cf_3c52_1c3c_09aa,
        0xb6af_f4a8_3185_2a82,
        0x512a_c5cd_6568_1ce1,
        0xe26c_6487_326b_4cd4,
        0x356d_27f4_a666_a6d0,
        0xe791_b39f_f7c8_8a19,
        0x2287_30d5_31a5_9cb0,
        0xf40a_ab27_e2fc_0f1b,
        0xbe9a_e358_b3e0_1a2e,
        0x416c_0ce1_9cb4_8261,
        0x65c6_1198_dad0_657a,
        0x997a_bb1f_0a56_3fda,
    ];
    const R: [u64; 16] = [
        0x9992_7f85_0157_a015,
        0x7f3a_20ef_5385_3178,
        0x031c_17dc_767a_824f,
        0x606b_2950_a968_e0e0,
        0x5830_c3ad_e3c3_f655,
        0x4950_0b57_ce7a_d57d,
        0xaed5_3a32_9a97_e31e,
        0x1d93_9b78_cd94_b32b,
        0xca92_d80b_5999_592f,
        0x186e_4c60_0837_75e6,
        0xdd78_cf2a_ce5a_634f,
        0x0bf5_54d8_1d03_f0e4,
        0x4165_1ca7_4c1f_e5d1,
        0xbe93_f31e_634b_7d9e,
        0x9a39_ee67_252f_9a85,
        0x6685_44e0_f5a9_c025,
    ];
    const R_SQUARED: [u64; 16] = [
        0xe199_c8ce_ed17_b0a1,
        0x7ffd_8b4b_e362_0f7f,
        0xca86_5d5f_4f76_e245,
        0x623f_f8dc_27ec_f5cb,
        0x2299_00e1_d19b_b697,
        0xed6a_ef26_ea40_c71f,
        0xa3ae_d42c_c906_365c,
        0x17d4_61b6_9eab_6451,
        0x2009_367d_7d66_6da9,
        0x8bca_d1dc_b63c_1d56,
        0x5a12_6231_c31a_92dc,
        0x5fb4_1b0e_b8d9_4c5b,
        0xc113_d394_843f_623c,
        0x5d8d_8e74_f159_f1eb,
        0xae4b_a7ed_b5d4_8c14,
        0x1916_40b9_698a_f16a,
    ];
    const N0: u64 = 0x2904_2007_7c8f_2f3d;
}

/// The order q of the point P; p + 1 = 4q.
#[derive(Clone, Copy, Debug)]
pub struct ModQ;

impl Modulus for ModQ {
    const LIMBS: [u64; 16] = [
        0xd99b_601e_bfaa_17fb,
        0x2031_77c4_2b1e_b3a1,
        0xff38_fa08_e261_5f6c,
        0xa7e5_35ab_d5a5_c7c7,
        0xa9f3_cf14_870f_026a,
        0x6dab_fd2a_0c61_4aa0,
        0x144a_b173_595a_0738,
        0x389b_1921_cc9a_d335,
        0x4d5b_49fd_2999_a9b4,
        0x39e4_6ce7_fdf2_2286,
        0xc8a1_cc35_4c69_672c,
        0xbd02_aac9_f8bf_03c6,
        0x6fa6_b8d6_2cf8_068b,
        0x905b_0338_672d_2098,
        0x9971_8466_36b4_195e,
        0x265e_aec7_c295_8ff6,
    ];
    const R: [u64; 16] = [
        0xe65b_bf47_8203_701e,
        0x3ed7_3166_fd47_ca34,
        0x04aa_23ca_b1b7_c377,
        0x10a0_bdf8_fe1d_5150,
        0x0449_2584_d5a5_f180,
        0x6df8_1103_b5b8_403c,
        0x863f_d74b_e7e3_d4ad,
        0xac5d_6935_345f_0cc1,
        0x2fdc_4411_0666_05c6,
        0xa4a5_7290_0c53_30da,
        0x4c35_36c0_3587_94f6,
        0x91ef_ff44_2b85_e957,
        0x6217_aafa_f22f_d8b9,
        0x9ddd_ecad_94f1_3c6d,
        0x6756_e59a_b7c7_67c8,
        0x19c7_e751_707e_a038,
    ];
    const R_SQUARED: [u64; 16] = [
        0xda18_351a_ab65_130d,
        0x53d2_a86f_f2ea_3168,
        0x9cf2_7300_04b7_e984,
        0x7df3_3bab_26ca_acf6,
        0xbd9f_fef9_a4e7_d523,
        0xe4ba_f1d5_8871_7ce0,
        0x24b1_bbc4_bc93_533a,
        0x9ad2_dc26_1db5_7a34,
        0x4229_70b3_838d_8f48,
        0x8904_91f5_401d_f1e3,
        0xf3d2_a16b_bcb0_13be,
        0x9b9d_e76d_5595_e10b,
        0x58d7_c6f9_f724_bb45,
        0xb207_4f8f_97ca_c807,
        0x7627_1e07_c569_cadc,
        0x1427_4810_a10f_335f,
    ];
    const N0: u64 = 0xb8a1_d17d_46ea_a4cd;
}
