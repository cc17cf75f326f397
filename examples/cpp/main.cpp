// Keys a terminal from a BM-SC, in C++11.
//
//     c++ -std=c++11 -I capi/include examples/cpp/main.cpp -L target/c-interface -lcastkey
#include "castkey.hpp"

#include <iostream>
#include <random>

namespace {

// std::random_device is the system's generator with the usual libraries; say so, or take another one.
int32_t random_octets(void *, uint8_t *out, size_t len)
{
    try {
        std::random_device device;
        for (size_t i = 0; i < len; i++) {
            out[i] = static_cast<uint8_t>(device());
        }
        return 0;
    } catch (...) {
        return -1; // No exception leaves a callback.
    }
}

const castkey_name service = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 0, 0};

castkey_bm_sc_event order(uint32_t kind, const castkey_user &user, const castkey_delivery &delivery)
{
    castkey_bm_sc_event event = castkey_bm_sc_event();
    event.kind = kind;
    event.name = service;
    event.user = user;
    event.delivery = delivery;
    return event;
}

} // namespace

int main()
{
    const castkey_env env = {nullptr, nullptr, {random_octets, nullptr}};
    const std::string naf_id("bmsc.home1.net\1\0\0\0\1", 19), b_tid("oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net");
    castkey::Octets key(32);
    random_octets(nullptr, key.data(), key.size());

    castkey_user user = castkey_user();
    user.muk_id.idi = castkey::octets(naf_id);
    user.muk_id.idr = castkey::octets(b_tid);
    user.muk.octets = castkey::octets(key);
    castkey_delivery delivery = castkey_delivery();

    castkey::BmSc bm_sc(env, castkey::BmSc::config());
    castkey::Ue ue(env, castkey::Ue::config());
    castkey_ue_event bootstrapped = castkey_ue_event();
    bootstrapped.kind = CASTKEY_UE_BOOTSTRAPPED;
    bootstrapped.muk_id = user.muk_id;
    bootstrapped.muk = user.muk;
    ue.handle(bootstrapped, 0);

    castkey::Octets multicast, unicast, answer;
    const auto opened = bm_sc.handle(order(CASTKEY_BM_SC_OPEN, user, delivery), 0);
    for (const auto &action : opened) {
        if (action.kind == CASTKEY_BM_SC_MULTICAST) {
            const castkey_octets o = opened.octets(action);
            multicast.assign(o.octets, o.octets + o.len);
        }
    }
    auto push = order(CASTKEY_BM_SC_PUSH, user, delivery);
    push.name.number = 1;
    const auto pushed = bm_sc.handle(push, 0);
    for (const auto &action : pushed) {
        if (action.kind == CASTKEY_BM_SC_SEND) {
            const castkey_octets o = pushed.octets(action);
            unicast.assign(o.octets, o.octets + o.len);
        } else if (action.kind == CASTKEY_BM_SC_SAVE_DELIVERY) {
            delivery = action.delivery;
        }
    }
    for (const auto *datagram : {&unicast, &multicast}) {
        castkey_ue_event came = castkey_ue_event();
        came.kind = CASTKEY_UE_MIKEY;
        came.octets = castkey::octets(*datagram);
        const auto &actions = ue.handle(came, 0);
        for (const auto &action : actions) {
            if (action.kind == CASTKEY_UE_SEND) {
                const castkey_octets o = actions.octets(action);
                answer.assign(o.octets, o.octets + o.len);
            }
        }
    }
    auto acknowledged = order(CASTKEY_BM_SC_ACKNOWLEDGED, user, delivery);
    acknowledged.octets = castkey::octets(answer);
    bm_sc.handle(acknowledged, 0);

    castkey_name name;
    castkey::Mtk sends, receives;
    bm_sc.traffic(service, name, sends);
    ue.mtk(name, receives);
    try {
        castkey_ue_event replay = castkey_ue_event();
        replay.kind = CASTKEY_UE_MIKEY;
        replay.octets = castkey::octets(unicast);
        ue.handle(replay, 0);
        return 1;
    } catch (const castkey::Error &error) {
        std::cout << "the MSK message again: " << error.what() << '\n';
    }
    const bool same = std::memcmp(sends.key, receives.key, sizeof sends.key) == 0;
    std::cout << "both ends have MTK " << name.mtk << " under MSK " << name.number << (same ? "\n" : ", another one!\n");
    return same ? 0 : 1;
}
