/*
 * Who there is: keys, the genesis, and signatures of votes. A signature is a
 * number that only the world can make, or ed25519's; either way nobody has
 * another's.
 */
#include "cluster_world_internal.h"

#include "base/check.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "crypto/signature_check.h"
#include "settlement/format/well_known.h"

#include <stdlib.h>

/* What each client has at first. */
#define CLIENT_LAMPORTS (20 * LAMPORTS_PER_KOII)
#define STAKE_KOII 1000
/* Its address says what it is (task_address.h). */
#define POT "stakepotaccount1111111111111111111111111112"

static struct keypair key_of(uint64_t seed, uint64_t number)
{
    uint64_t text[2] = {seed, number};
    struct hash hash;
    struct keypair key;

    hash_sha256(bytes_make(text, sizeof(text)), &hash);
    keypair_from_seed(hash.bytes, &key);
    return key;
}

/* An account that the task program takes stakes from. */
static void make_staker(const struct pubkey *key, struct genesis_account *out)
{
    static const uint8_t empty[TASK_STAKING_KEY_SPACE];

    out->key = *key;
    out->account.lamports = CLIENT_LAMPORTS;
    out->account.owner = KOII_TASK_PROGRAM_ID;
    out->account.data = bytes_make(empty, sizeof(empty));
    out->account.space = sizeof(empty);
}

static void make_genesis(struct world *world)
{
    const struct world_options *options = &world->options;
    size_t count = options->validators;
    struct genesis_validator *validators =
        arena_zero(&world->arena, count * sizeof(*validators));
    struct genesis_account *accounts = arena_zero(
        &world->arena, (count + CLIENTS + STAKERS) * sizeof(*accounts));

    for (size_t i = 0; i < count; i++) {
        uint64_t stake = options->stakes[i] ? options->stakes[i] : STAKE_KOII;
        validators[i].identity = world->identities[i].pubkey;
        validators[i].stake = stake * LAMPORTS_PER_KOII;
        accounts[i].key = world->identities[i].pubkey;
        accounts[i].account.lamports = LAMPORTS_PER_KOII;
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        accounts[count + i].key = world->clients[i].pubkey;
        accounts[count + i].account.lamports = CLIENT_LAMPORTS;
    }
    for (size_t i = 0; i < STAKERS; i++)
        make_staker(&world->stakers[i].pubkey, &accounts[count + CLIENTS + i]);
    world->genesis =
        (struct genesis){.creation_unix_ms = WORLD_UNIX_MS,
                         .slot_ms = options->slot_us / 1000,
                         .ticks_per_slot = 8,
                         .validators = validators,
                         .validator_count = count,
                         .accounts = accounts,
                         .account_count = count + CLIENTS + STAKERS};
    genesis_hash(&world->genesis, &world->genesis.hash);
}

void world_make_keys(struct world *world)
{
    size_t count = world->options.validators;

    world->identities = mem_zero(count, sizeof(*world->identities));
    for (size_t i = 0; i < count; i++)
        world->identities[i] = key_of(world->options.seed, i);
    for (size_t i = 0; i < CLIENTS; i++)
        world->clients[i] = key_of(world->options.seed, 1000 + i);
    for (size_t i = 0; i < STAKERS; i++)
        world->stakers[i] = key_of(world->options.seed, 2000 + i);
    world->task = key_of(world->options.seed, 3000);
    CHECK(!pubkey_parse(bytes_text(POT), &world->pot));
    make_genesis(world);
    world->set = genesis_validator_set(&world->genesis, 0);
    world->schedule = leader_schedule_new(&world->genesis);
    world->network = world->genesis.hash;
    world->tag = vote_tag_of(&world->network);
}

void world_free_keys(struct world *world)
{
    validator_set_free(world->set);
    leader_schedule_free(world->schedule);
    free(world->identities);
    arena_free(&world->arena);
}

/* ---- signatures of votes ---- */

static size_t message_of(const struct world *world, const struct vote *vote,
                         uint8_t out[VOTE_MESSAGE_SIZE_MAX])
{
    return vote_message(&world->tag, validator_set_epoch(world->set), vote,
                        out);
}

static void make_number(const struct world *world, const struct vote *vote,
                        struct signature *out)
{
    uint8_t message[VOTE_MESSAGE_SIZE_MAX];
    struct bytes pieces[2] = {
        bytes_make(message, message_of(world, vote, message)),
        bytes_make(&vote->validator, sizeof(vote->validator))};
    struct hash hash;

    hash_sha256_pieces(pieces, 2, &hash);
    memset(out, 0, sizeof(*out));
    memcpy(out->bytes, hash.bytes, sizeof(hash));
}

static void sign(void *user, struct vote *vote)
{
    const struct process *process = user;
    const struct world *world = process->world;
    uint8_t message[VOTE_MESSAGE_SIZE_MAX];

    if (!world->options.is_real) {
        make_number(world, vote, &vote->signature);
        return;
    }
    size_t size = message_of(world, vote, message);
    key_sign(&world->identities[process->validator], bytes_make(message, size),
             &vote->signature);
}

static void check_real(const struct world *world, const struct vote *votes,
                       size_t count, bool *is_good)
{
    struct signature_check *checks = mem_zero(count + 1, sizeof(*checks));
    uint8_t(*messages)[VOTE_MESSAGE_SIZE_MAX] =
        mem_alloc((count + 1) * sizeof(*messages));

    for (size_t i = 0; i < count; i++)
        checks[i] = (struct signature_check){
            .pubkey = &validator_set_at(world->set, votes[i].validator)->voter,
            .signature = &votes[i].signature,
            .message = bytes_make(messages[i],
                                  message_of(world, &votes[i], messages[i]))};
    signature_check_all(checks, count, is_good);
    free(messages);
    free(checks);
}

static void check(void *user, const struct vote *votes, size_t count,
                  bool *is_good)
{
    const struct process *process = user;
    const struct world *world = process->world;

    if (world->options.is_real) {
        check_real(world, votes, count, is_good);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct signature expected;
        make_number(world, &votes[i], &expected);
        is_good[i] = !memcmp(expected.bytes, votes[i].signature.bytes,
                             sizeof(expected.bytes));
    }
}

struct replica_signing world_signing(struct process *process)
{
    return (struct replica_signing){
        .sign = sign, .check = check, .user = process};
}
