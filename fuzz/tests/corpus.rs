//! Every target over its corpus: the committed seeds, and whatever a run of the fuzzer has left there.

use std::fs;
use std::path::Path;

fn over_corpus(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut seeds = 0;
    for entry in fs::read_dir(folder).unwrap() {
        run(&fs::read(entry.unwrap().path()).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "no seeds for {target}");
}

macro_rules! targets {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                over_corpus(stringify!($name), castkey_fuzz::$name);
            }
        )+
    };
}

targets! {
    decode roundtrip open_msk ue_events store_ops mbcp sdp_key_mgmt xml http_digest poc_events ims_events
    i_message open_signed eccsi sakke_point negotiation mcx_events field capi
}
