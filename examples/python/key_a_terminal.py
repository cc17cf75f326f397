#!/usr/bin/env python3
"""Keys a terminal from a BM-SC, with nothing but the shared library and Python's standard library.

    python3 examples/python/key_a_terminal.py [libcastkey.so.0]

The structures are those of castkey.h, field by field; Python aligns them as a C compiler does.
"""

import ctypes
import os
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_int32, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p


class Octets(Structure):
    # A pointer to the octets of a bytes object, which ctypes keeps for as long as the structure lives.
    _fields_ = [("octets", c_char_p), ("len", c_size_t)]

    @classmethod
    def of(cls, data):
        return cls(data, len(data))


FILL = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(c_uint8), c_size_t)


class Rng(Structure):
    _fields_ = [("fill", FILL), ("user", c_void_p)]


class Env(Structure):
    _fields_ = [("primitives", c_void_p), ("holder", c_void_p), ("rng", Rng)]


class Name(Structure):
    _fields_ = [("domain", c_uint8 * 3), ("reserved", c_uint8), ("group", c_uint16), ("number", c_uint16), ("mtk", c_uint16)]


class MukId(Structure):
    _fields_ = [("idi", Octets), ("idr", Octets)]


class Muk(Structure):
    _fields_ = [("kind", c_uint32), ("octets", Octets)]


class UeEvent(Structure):
    _fields_ = [("kind", c_uint32), ("name", Name), ("to", Name), ("seq_low", c_uint16), ("seq_high", c_uint16),
                ("octets", Octets), ("rand", Octets), ("muk_id", MukId), ("muk", Muk)]


class UeAction(Structure):
    _fields_ = [("kind", c_uint32), ("offset", c_uint32), ("len", c_uint32), ("detail", c_uint32), ("name", Name),
                ("other", c_uint16), ("reserved", c_uint32), ("at", c_uint64)]


class User(Structure):
    _fields_ = [("muk_id", MukId), ("muk", Muk), ("counter", c_uint32), ("has_counter", c_uint32)]


class Delivery(Structure):
    _fields_ = [("kind", c_uint32), ("name", Name), ("reserved", c_uint16), ("counter", c_uint32), ("attempt", c_uint32),
                ("due", c_uint64)]


class Security(Structure):
    _fields_ = [("policies", c_void_p), ("n_policies", c_size_t), ("sessions", c_void_p), ("n_sessions", c_size_t)]


class BmScEvent(Structure):
    _fields_ = [("kind", c_uint32), ("name", Name), ("user", User), ("delivery", Delivery), ("octets", Octets),
                ("security", Security)]


class BmScAction(Structure):
    _fields_ = [("kind", c_uint32), ("offset", c_uint32), ("len", c_uint32), ("counter", c_uint32), ("name", Name),
                ("reserved", c_uint16), ("delivery", Delivery), ("at", c_uint64)]


class Mtk(Structure):
    _fields_ = [("key", c_uint8 * 16), ("salt", c_uint8 * 14), ("has_salt", c_uint8), ("reserved", c_uint8)]


ABI_VERSION, MAX_ACTIONS, MESSAGE_MAX = 0, 8, 1024
UE_BOOTSTRAPPED, UE_MIKEY = 1, 3
UE_SEND, UE_MSK_STORED, UE_MTK_READY = 2, 3, 6
BM_SC_OPEN, BM_SC_PUSH, BM_SC_ACKNOWLEDGED = 1, 3, 5
BM_SC_SAVE_COUNTER, BM_SC_SAVE_DELIVERY, BM_SC_SEND, BM_SC_MULTICAST, BM_SC_DELIVERED = 4, 5, 6, 7, 8

path = sys.argv[1] if len(sys.argv) > 1 else "libcastkey.so.0"
lib = ctypes.CDLL(path)
lib.castkey_status_name.restype = c_char_p
lib.castkey_ue_size.restype = lib.castkey_ue_out_size.restype = lib.castkey_bm_sc_size.restype = c_size_t
lib.castkey_ue_handle.argtypes = lib.castkey_bm_sc_handle.argtypes = [
    c_void_p, c_void_p, c_void_p, c_uint64, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p]
if lib.castkey_abi_version() != ABI_VERSION:
    sys.exit("this script is for another version of the library")


def must(status):
    if status:
        raise RuntimeError(lib.castkey_status_name(status).decode())


@FILL
def fill(_user, out, length):
    ctypes.memmove(out, os.urandom(length), length)
    return 0


class Machine:
    """An object of the library: its memory is ours, and stays where it is."""

    def __init__(self, kind, action, out_len):
        size = getattr(lib, f"castkey_{kind}_size")()
        # Of words, so that it is aligned.
        self.memory = (c_uint64 * (-(-size // 8)))()
        config = ctypes.create_string_buffer(4096)
        must(getattr(lib, f"castkey_{kind}_config_default")(config))
        must(getattr(lib, f"castkey_{kind}_init")(self.memory, c_size_t(ctypes.sizeof(self.memory)), config))
        self.call, self.wipe = getattr(lib, f"castkey_{kind}_handle"), getattr(lib, f"castkey_{kind}_wipe")
        self.actions, self.out, self.n = (action * MAX_ACTIONS)(), ctypes.create_string_buffer(out_len), c_size_t()
        self.env = Env(rng=Rng(fill=fill))

    def handle(self, event, now=0):
        must(self.call(self.memory, byref(self.env), byref(event), now, self.out, len(self.out), self.actions,
                       MAX_ACTIONS, byref(self.n)))
        return [(a, self.out.raw[a.offset:a.offset + a.len]) for a in self.actions[:self.n.value]]


def main():
    service = Name((c_uint8 * 3)(0x32, 0xF4, 0x51), 0, 0x68CA, 0, 0)
    identities = MukId(Octets.of(b"bmsc.home1.net\1\0\0\0\1"), Octets.of(b"oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net"))
    muk = Muk(0, Octets.of(os.urandom(32)))
    bm_sc = Machine("bm_sc", BmScAction, MESSAGE_MAX)
    ue = Machine("ue", UeAction, lib.castkey_ue_out_size())
    user, delivery = User(muk_id=identities, muk=muk), Delivery()

    ue.handle(UeEvent(kind=UE_BOOTSTRAPPED, muk_id=identities, muk=muk))
    multicast = [octets for action, octets in bm_sc.handle(BmScEvent(kind=BM_SC_OPEN, name=service))
                 if action.kind == BM_SC_MULTICAST]
    msk = Name(service.domain, 0, service.group, 1, 0)
    for action, octets in bm_sc.handle(BmScEvent(kind=BM_SC_PUSH, name=msk, user=user, delivery=delivery)):
        if action.kind == BM_SC_SAVE_COUNTER:
            user.counter, user.has_counter = action.counter, 1
        elif action.kind == BM_SC_SAVE_DELIVERY:
            delivery = Delivery.from_buffer_copy(action.delivery)
        elif action.kind == BM_SC_SEND:
            unicast = octets
    print(f"BM-SC sends an MSK message of {len(unicast)} octets")
    for datagram in [unicast] + multicast:
        for action, octets in ue.handle(UeEvent(kind=UE_MIKEY, octets=Octets.of(datagram))):
            if action.kind == UE_SEND:
                answer = octets
            elif action.kind == UE_MSK_STORED:
                print(f"UE holds MSK {action.name.number}")
            elif action.kind == UE_MTK_READY:
                print(f"UE has MTK {action.name.mtk} under MSK {action.name.number}")
    answered = BmScEvent(kind=BM_SC_ACKNOWLEDGED, user=user, delivery=delivery, octets=Octets.of(answer))
    if BM_SC_DELIVERED not in [action.kind for action, _ in bm_sc.handle(answered)]:
        sys.exit("the acknowledgement was not taken")

    name, sends, receives = Name(), Mtk(), Mtk()
    must(lib.castkey_bm_sc_traffic(bm_sc.memory, byref(service), byref(name), byref(sends)))
    must(lib.castkey_ue_mtk(ue.memory, byref(name), byref(receives)))
    if bytes(sends) != bytes(receives):
        sys.exit("the two ends do not agree")
    try:
        ue.handle(UeEvent(kind=UE_MIKEY, octets=Octets.of(unicast)))
        sys.exit("a replay was taken")
    except RuntimeError as refused:
        print(f"the MSK message again: {refused}")
    ue.wipe(ue.memory)
    bm_sc.wipe(bm_sc.memory)
    if any(ue.memory) or any(bm_sc.memory):
        sys.exit("keys are left")
    print("both ends have the same MTK and salt; nothing is left in memory")


main()
