/*
 * Rates of blocks share a table of fixed size, so that an attacker with many
 * blocks takes no memory. Two blocks at one place share a rate; which do is a
 * secret of the process.
 */
#include "peer/peer_gate.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/rate.h"
#include "peer/peer_host.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_LOG 10
#define BLOCKS (1u << BLOCKS_LOG)
#define BANS_MAX 256

/* A restart of many at once passes. */
#define BURST_S 2

struct ban {
    peer_block block;
    uint64_t until_ms;
};

struct peer_gate {
    bool is_loopback_free;
    uint64_t seed;
    struct rate strangers;
    struct rate known;
    struct rate blocks[BLOCKS];
    /* The block of each stranger that has a place. */
    peer_block places[PEER_STRANGERS_MAX];
    unsigned count;
    struct ban bans[BANS_MAX];
    unsigned ban_count;
};

/* ---- blocks ---- */

#define KIND_V4 (UINT64_C(4) << 56)
#define KIND_V6 (UINT64_C(6) << 56)
#define LOOPBACK_V4 (KIND_V4 | 127u << 16)
#define LOOPBACK_V6 KIND_V6 /* ::1 */

static peer_block block_v4(uint32_t address)
{
    return KIND_V4 | address >> 8;
}

static peer_block block_v6(const uint8_t address[16])
{
    peer_block block = 0;
    for (unsigned i = 0; i < 7; i++)
        block = block << 8 | address[i];
    return KIND_V6 | block;
}

peer_block peer_block_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return block_v4(
            ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family != AF_INET6)
        return 0;
    const struct in6_addr *v6 =
        &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(v6))
        return block_v6(v6->s6_addr);
    uint32_t v4;
    memcpy(&v4, v6->s6_addr + 12, sizeof(v4));
    return block_v4(ntohl(v4));
}

/* All of 127.0.0.0/8. Of ::/56 nothing but ::1 is an address of anybody. */
static bool is_loopback(peer_block block)
{
    return block == LOOPBACK_V6 || (block & ~UINT64_C(0xffff)) == LOOPBACK_V4;
}

static bool is_free(const struct peer_gate *gate, peer_block block)
{
    return gate->is_loopback_free && is_loopback(block);
}

/* ---- the gate ---- */

struct peer_gate *peer_gate_new(uint64_t now_ms, bool is_loopback_free)
{
    struct peer_gate *gate = mem_zero(1, sizeof(*gate));
    gate->is_loopback_free = is_loopback_free;
    gate->seed = random_seed() | 1;
    gate->strangers = gate->known = rate_make(
        PEER_HANDSHAKES_PER_S, BURST_S * PEER_HANDSHAKES_PER_S, now_ms);
    for (unsigned i = 0; i < BLOCKS; i++)
        gate->blocks[i] =
            rate_make(PEER_HANDSHAKES_BLOCK_PER_S,
                      BURST_S * PEER_HANDSHAKES_BLOCK_PER_S, now_ms);
    return gate;
}

void peer_gate_free(struct peer_gate *gate)
{
    free(gate);
}

/* Multiplication by a secret odd number; the highest bits depend on all. */
static struct rate *rate_of(struct peer_gate *gate, peer_block block)
{
    return &gate->blocks[block * gate->seed >> (64 - BLOCKS_LOG)];
}

static int check_bans(struct peer_gate *gate, uint64_t now_ms, peer_block block)
{
    for (unsigned i = 0; i < gate->ban_count; i++) {
        if (gate->bans[i].block != block)
            continue;
        if (gate->bans[i].until_ms > now_ms)
            return err_set(
                ERR_DENIED, "the address is banned for %llu s",
                (unsigned long long)(gate->bans[i].until_ms - now_ms + 999) /
                    1000);
        gate->bans[i] = gate->bans[--gate->ban_count];
        return 0;
    }
    return 0;
}

int peer_gate_knock(struct peer_gate *gate, uint64_t now_ms, peer_block block,
                    bool is_known)
{
    if (is_known) {
        if (rate_take(&gate->known, now_ms, 1))
            return 0;
        return err_set(ERR_LIMIT,
                       "more than %u connections a second from "
                       "addresses of known peers",
                       PEER_HANDSHAKES_PER_S);
    }
    int status = check_bans(gate, now_ms, block);
    if (status)
        return status;
    /* Its own first: what a block is refused it does not take from others. */
    if (!is_free(gate, block) && !rate_take(rate_of(gate, block), now_ms, 1))
        return err_set(ERR_LIMIT,
                       "more than %u connections a second from one "
                       "block of addresses",
                       PEER_HANDSHAKES_BLOCK_PER_S);
    if (!rate_take(&gate->strangers, now_ms, 1))
        return err_set(ERR_LIMIT, "more than %u connections a second",
                       PEER_HANDSHAKES_PER_S);
    return 0;
}

int peer_gate_enter(struct peer_gate *gate, uint64_t now_ms, peer_block block)
{
    unsigned same = 0;
    int status = check_bans(gate, now_ms, block);
    if (status)
        return status;
    if (gate->count == PEER_STRANGERS_MAX)
        return err_set(ERR_LIMIT, "%u strangers are connected already",
                       gate->count);
    for (unsigned i = 0; i < gate->count; i++)
        same += gate->places[i] == block;
    if (same >= PEER_STRANGERS_BLOCK_MAX && !is_free(gate, block))
        return err_set(ERR_LIMIT,
                       "%u strangers of one block of addresses are "
                       "connected already",
                       same);
    gate->places[gate->count++] = block;
    return 0;
}

void peer_gate_leave(struct peer_gate *gate, peer_block block)
{
    for (unsigned i = 0; i < gate->count; i++)
        if (gate->places[i] == block) {
            gate->places[i] = gate->places[--gate->count];
            return;
        }
    /* Who leaves has entered. */
    CHECK(false);
}

unsigned peer_gate_count(const struct peer_gate *gate)
{
    return gate->count;
}

/* Where the block's ban is or will be. */
static struct ban *ban_place(struct peer_gate *gate, peer_block block)
{
    struct ban *first = &gate->bans[0];
    for (unsigned i = 0; i < gate->ban_count; i++) {
        if (gate->bans[i].block == block)
            return &gate->bans[i];
        if (gate->bans[i].until_ms < first->until_ms)
            first = &gate->bans[i];
    }
    if (gate->ban_count == BANS_MAX)
        return first;
    return &gate->bans[gate->ban_count++];
}

void peer_gate_ban(struct peer_gate *gate, uint64_t now_ms, peer_block block,
                   uint64_t until_ms)
{
    if (until_ms > now_ms)
        *ban_place(gate, block) = (struct ban){block, until_ms};
}
