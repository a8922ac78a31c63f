/*
 * The validators of a genesis file, and lists of them before there is one.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/map.h"
#include "peer/peer_address.h"
#include "settlement/format/genesis_read.h"

static int read_addresses(struct json_object *item, struct arena *arena,
                          struct genesis_validator *out)
{
    struct json_object *array;
    int status = json_get_array(item, "addresses", &array);
    if (status)
        return genesis_absent_is_fine(status);
    out->address_count = json_object_array_length(array);
    if (out->address_count > GENESIS_ADDRESSES_MAX)
        return err_set(ERR_LIMIT, "addresses: there are %zu, at most %d",
                       out->address_count, GENESIS_ADDRESSES_MAX);
    for (size_t i = 0; i < out->address_count; i++) {
        struct json_object *text = json_object_array_get_idx(array, i);
        struct peer_address address;
        if (!json_object_is_type(text, json_type_string))
            return err_set(ERR_INVALID,
                           "addresses: number %zu is no \"HOST:PORT\"", i);
        out->addresses[i] =
            arena_format(arena, "%s", json_object_get_string(text));
        status = peer_address_parse(out->addresses[i], &address);
        if (status)
            return err_add(status, "addresses: number %zu", i);
    }
    return 0;
}

/* A key that is the identity where it is absent. */
static int read_own_key(struct json_object *item, const char *name,
                        const struct pubkey *identity, struct pubkey *out)
{
    *out = *identity;
    return genesis_absent_is_fine(genesis_read_key(item, name, out));
}

/* What a validator has in form 2. */
static int read_roles(struct json_object *item, struct arena *arena,
                      struct genesis_validator *out)
{
    uint64_t commission = 0;
    int status =
        read_own_key(item, "vote_account", &out->identity, &out->vote_account);
    if (!status)
        status = read_own_key(item, "voter", &out->identity, &out->voter);
    if (!status)
        status =
            read_own_key(item, "withdrawer", &out->identity, &out->withdrawer);
    if (!status)
        status = genesis_absent_is_fine(
            genesis_read_number(item, "commission", 0, 100, &commission));
    out->commission = (uint8_t)commission;
    return status ? status : read_addresses(item, arena, out);
}

static int read_validator(struct json_object *item, struct arena *arena,
                          const struct genesis *genesis,
                          struct genesis_validator *out)
{
    uint64_t least = genesis->form == 2 ? genesis->minimum_stake : 1;
    int status = genesis_read_key(item, "identity", &out->identity);
    if (!status)
        status = genesis_read_number(item, "stake", least ? least : 1,
                                     UINT64_MAX, &out->stake);
    if (status || genesis->form == 2)
        return status ? status : read_roles(item, arena, out);
    static const char *const newer[] = {"vote_account", "voter", "withdrawer",
                                        "commission", "addresses"};
    out->vote_account = out->voter = out->withdrawer = out->identity;
    return genesis_refuse_newer(item, newer, sizeof(newer) / sizeof(*newer));
}

/* Two validators can't be told apart by one vote account. */
static int check_vote_accounts(const struct genesis *genesis)
{
    struct map *seen = map_new();
    int status = 0;
    for (size_t i = 0; i < genesis->validator_count && !status; i++) {
        const struct pubkey *key = &genesis->validators[i].vote_account;
        if (map_put(seen, pubkey_bytes(key), (void *)key))
            status = err_set(ERR_INVALID,
                             "two validators have the "
                             "vote_account %s",
                             PUBKEY_TEXT(key));
    }
    map_free(seen);
    return status;
}

/* Their order counts: votes name a validator by its place, and the hash covers
 * it. */
int genesis_read_validators(struct json_object *root, struct arena *arena,
                            struct genesis *out)
{
    struct json_object *array;
    int status = json_get_array(root, "validators", &array);
    if (status)
        return status;
    size_t count = json_object_array_length(array);
    if (!count || count > GENESIS_VALIDATORS_MAX)
        return err_set(ERR_RANGE, "there are %zu validators; 1 to %d can be",
                       count, GENESIS_VALIDATORS_MAX);
    struct genesis_validator *validators =
        arena_zero(arena, count * sizeof(*validators));
    for (size_t i = 0; i < count && !status; i++) {
        status = read_validator(json_object_array_get_idx(array, i), arena, out,
                                &validators[i]);
        if (status)
            status = err_add(status, "validator %zu", i);
    }
    out->validators = validators;
    out->validator_count = count;
    if (!status && out->form == 2)
        status = check_vote_accounts(out);
    return status ? status : genesis_check_validators(out);
}

int genesis_validators_parse(struct bytes json, struct arena *arena,
                             const struct genesis_validator **out,
                             size_t *count)
{
    struct json_object *root, *list = NULL;
    struct genesis genesis = {.form = 2,
                              .minimum_stake = GENESIS_MINIMUM_STAKE};
    int status = json_parse(json, &list);
    if (status)
        return status;
    /* Where it stands in a genesis. */
    root = json_object_new_object();
    json_object_object_add(root, "validators", list);
    status = genesis_read_validators(root, arena, &genesis);
    json_object_put(root);
    *out = genesis.validators;
    *count = genesis.validator_count;
    return status;
}
