// A thin C++11 hand on castkey.h: objects that wipe themselves and cannot be copied, statuses as exceptions. Copy it and make it
// fit; it is an example, not part of the interface.
#ifndef CASTKEY_HPP
#define CASTKEY_HPP

#include <castkey.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace castkey {

class Error : public std::runtime_error {
public:
    explicit Error(castkey_status status) : std::runtime_error(castkey_status_name(status)), status_(status) {}
    castkey_status status() const noexcept { return status_; }

private:
    castkey_status status_;
};

inline void must(castkey_status status)
{
    if (status != CASTKEY_OK) {
        throw Error(status);
    }
}

using Octets = std::vector<uint8_t>;

inline castkey_octets octets(const uint8_t *at, size_t len)
{
    castkey_octets o = {at, len};
    return o;
}

inline castkey_octets octets(const Octets &of) { return octets(of.data(), of.size()); }

inline castkey_octets octets(const std::string &of)
{
    return octets(reinterpret_cast<const uint8_t *>(of.data()), of.size());
}

// Wiped when it goes.
struct Mtk : castkey_mtk {
    Mtk() : castkey_mtk() {}
    Mtk(const Mtk &) = delete;
    Mtk &operator=(const Mtk &) = delete;
    ~Mtk()
    {
        volatile uint8_t *p = reinterpret_cast<volatile uint8_t *>(static_cast<castkey_mtk *>(this));
        for (size_t i = 0; i < sizeof(castkey_mtk); i++) {
            p[i] = 0;
        }
    }
};

// An event's actions, with the octets that belong to them. They are good until the next event of their object.
template <class Action> class Actions {
public:
    const Action *begin() const { return list.data(); }
    const Action *end() const { return list.data() + n; }
    castkey_octets octets(const Action &of) const { return castkey::octets(out.data() + of.offset, of.len); }

    std::array<Action, CASTKEY_MAX_ACTIONS> list;
    size_t n = 0;
    Octets out;
};

// Objects neither copy nor move: castkey.h refuses them elsewhere than where they were made.
class Ue {
public:
    Ue(const castkey_env &env, const castkey_ue_config &config) : env_(env)
    {
        actions_.out.resize(castkey_ue_out_size());
        must(castkey_ue_init(&ue_, sizeof ue_, &config));
    }
    Ue(const castkey_env &env, const castkey_ue_config &config, const Octets &state, uint64_t now) : env_(env)
    {
        actions_.out.resize(castkey_ue_out_size());
        must(castkey_ue_restore(&ue_, sizeof ue_, &config, &env_, state.data(), state.size(), now));
    }
    Ue(const Ue &) = delete;
    Ue &operator=(const Ue &) = delete;
    ~Ue() { castkey_ue_wipe(&ue_); }

    static castkey_ue_config config()
    {
        castkey_ue_config config;
        must(castkey_ue_config_default(&config));
        return config;
    }

    const Actions<castkey_ue_action> &handle(const castkey_ue_event &event, uint64_t now)
    {
        must(castkey_ue_handle(&ue_, &env_, &event, now, actions_.out.data(), actions_.out.size(), actions_.list.data(),
                               actions_.list.size(), &actions_.n));
        return actions_;
    }
    void mtk(const castkey_name &name, Mtk &mtk) const { must(castkey_ue_mtk(&ue_, &name, &mtk)); }
    uint64_t deadline() const
    {
        uint64_t at;
        must(castkey_ue_deadline(&ue_, &at));
        return at;
    }

private:
    castkey_env env_;
    castkey_ue ue_;
    Actions<castkey_ue_action> actions_;
};

class BmSc {
public:
    BmSc(const castkey_env &env, const castkey_bm_sc_config &config) : env_(env)
    {
        actions_.out.resize(CASTKEY_MESSAGE_MAX);
        must(castkey_bm_sc_init(&bm_sc_, sizeof bm_sc_, &config));
    }
    BmSc(const BmSc &) = delete;
    BmSc &operator=(const BmSc &) = delete;
    ~BmSc() { castkey_bm_sc_wipe(&bm_sc_); }

    static castkey_bm_sc_config config()
    {
        castkey_bm_sc_config config;
        must(castkey_bm_sc_config_default(&config));
        return config;
    }

    const Actions<castkey_bm_sc_action> &handle(const castkey_bm_sc_event &event, uint64_t now)
    {
        must(castkey_bm_sc_handle(&bm_sc_, &env_, &event, now, actions_.out.data(), actions_.out.size(),
                                  actions_.list.data(), actions_.list.size(), &actions_.n));
        return actions_;
    }
    void traffic(const castkey_name &group, castkey_name &name, Mtk &mtk) const
    {
        must(castkey_bm_sc_traffic(&bm_sc_, &group, &name, &mtk));
    }

private:
    castkey_env env_;
    castkey_bm_sc bm_sc_;
    Actions<castkey_bm_sc_action> actions_;
};

} // namespace castkey

#endif
