/*
 * Random transactions of the native programs on random accounts, in blocks, on
 * forks, with restarts from rows. After each: lamports add up, every account
 * is rent-exempt, a failed transaction has left nothing but its fee; after each
 * block: the state hash is that of the rows, and a bank restored from them
 * goes on alike.
 */
#include "test.h"

#include "bank_fixture.h"
#include "base/random.h"
#include "crypto/address.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/format/well_known.h"
#include "settlement/table/program_table.h"
#include "state_lamports.h"

#define SEEDS 12
#define BLOCKS 8
#define TRANSACTIONS 40

struct world {
    struct fixture f;
    struct random random;
    struct buffer data[4];
    struct account_meta metas[4][6];
    size_t meta_count[4];
};

static uint64_t below(struct world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

/* Mostly fixture accounts; also derived ones, sysvars and programs. */
static struct pubkey any_key(struct world *world)
{
    struct pubkey derived;
    switch (below(world, 12)) {
    case 0:
        return RECENT_BLOCKHASHES_SYSVAR_ID;
    case 1:
        return RENT_SYSVAR_ID;
    case 2:
        return SYSTEM_PROGRAM_ID;
    case 3:
        address_with_seed(&world->f.keys[below(world, 4)].pubkey,
                          bytes_text("s"), &SYSTEM_PROGRAM_ID, &derived);
        return derived;
    default:
        return world->f.keys[below(world, FIXTURE_ACCOUNTS)].pubkey;
    }
}

static uint64_t any_amount(struct world *world)
{
    const uint64_t amounts[] = {0,
                                1,
                                NONCE_ACCOUNT_SIZE,
                                rent_minimum_balance(0),
                                rent_minimum_balance(NONCE_ACCOUNT_SIZE),
                                LAMPORTS_PER_KOII,
                                FIXTURE_LAMPORTS - 5000,
                                FIXTURE_LAMPORTS,
                                UINT64_MAX};
    if (below(world, 4))
        return below(world, LAMPORTS_PER_KOII);
    return amounts[below(world, sizeof(amounts) / sizeof(amounts[0]))];
}

static void any_owner(struct world *world, struct buffer *out)
{
    const struct pubkey *owners[] = {&SYSTEM_PROGRAM_ID, &MEMO_PROGRAM_ID,
                                     &ADDRESS_LOOKUP_TABLE_PROGRAM_ID};
    buffer_append(out, owners[below(world, 3)]->bytes, 32);
}

static void any_space(struct world *world, struct buffer *out)
{
    const uint64_t sizes[] = {0, 1, NONCE_ACCOUNT_SIZE, 1000,
                              ACCOUNT_DATA_SIZE_MAX + 1};
    buffer_u64le(out, sizes[below(world, 5)]);
}

static void base_and_seed(struct world *world, struct buffer *out)
{
    buffer_append(out, world->f.keys[below(world, 4)].pubkey.bytes, 32);
    buffer_u64le(out, 1);
    buffer_u8(out, 's');
}

static void system_data(struct world *world, struct buffer *out)
{
    uint32_t kind = (uint32_t)below(world, SYSTEM_UPGRADE_NONCE_ACCOUNT + 1);
    if (below(world, 3) == 0)
        kind = SYSTEM_TRANSFER;
    buffer_u32le(out, kind);
    switch (kind) {
    case SYSTEM_CREATE_ACCOUNT:
    case SYSTEM_CREATE_ACCOUNT_WITH_SEED:
        if (kind == SYSTEM_CREATE_ACCOUNT_WITH_SEED)
            base_and_seed(world, out);
        buffer_u64le(out, any_amount(world));
        any_space(world, out);
        any_owner(world, out);
        break;
    case SYSTEM_ALLOCATE_WITH_SEED:
    case SYSTEM_ASSIGN_WITH_SEED:
        base_and_seed(world, out);
        if (kind == SYSTEM_ALLOCATE_WITH_SEED)
            any_space(world, out);
        any_owner(world, out);
        break;
    case SYSTEM_TRANSFER_WITH_SEED:
        buffer_u64le(out, any_amount(world));
        buffer_u64le(out, 1);
        buffer_u8(out, 's');
        buffer_append(out, SYSTEM_PROGRAM_ID.bytes, 32);
        break;
    case SYSTEM_TRANSFER:
    case SYSTEM_WITHDRAW_NONCE_ACCOUNT:
        buffer_u64le(out, any_amount(world));
        break;
    case SYSTEM_ALLOCATE:
        any_space(world, out);
        break;
    case SYSTEM_ASSIGN:
        any_owner(world, out);
        break;
    default:
        buffer_append(out, any_key(world).bytes, 32);
    }
    if (below(world, 30) == 0)
        out->size -= below(world, out->size);
}

/* Mostly in the places that a nonce's instruction wants. */
static void place_sysvars(struct world *world, uint32_t kind,
                          struct account_meta *metas, size_t count)
{
    size_t at = kind == SYSTEM_WITHDRAW_NONCE_ACCOUNT ? 2 : 1;
    if (kind < SYSTEM_ADVANCE_NONCE_ACCOUNT ||
        kind > SYSTEM_INITIALIZE_NONCE_ACCOUNT || below(world, 5) == 0)
        return;
    if (at < count)
        metas[at].key = RECENT_BLOCKHASHES_SYSVAR_ID;
    if (at + 1 < count && kind != SYSTEM_ADVANCE_NONCE_ACCOUNT)
        metas[at + 1].key = RENT_SYSVAR_ID;
}

static struct instruction any_instruction(struct world *world, size_t number)
{
    struct buffer *data = &world->data[number];
    struct account_meta *metas = world->metas[number];
    size_t count = 1 + below(world, 6);
    buffer_clear(data);
    system_data(world, data);
    if (count < 3 && below(world, 4))
        count = 3;
    for (size_t i = 0; i < count; i++)
        metas[i] = (struct account_meta){any_key(world), below(world, 8) > 0,
                                         below(world, 10) > 0};
    place_sysvars(world, data->size < 4 ? 0 : u32le_read(data->data), metas,
                  count);
    return (struct instruction){.program = SYSTEM_PROGRAM_ID,
                                .accounts = metas,
                                .account_count = count,
                                .data = buffer_view(data)};
}

/* Only fixture keys can sign: take the flag from all others. */
static void drop_impossible_signers(struct world *world,
                                    struct instruction *instruction,
                                    struct account_meta *metas)
{
    for (size_t i = 0; i < instruction->account_count; i++) {
        bool can = false;
        for (size_t k = 0; k < FIXTURE_ACCOUNTS; k++)
            can |= pubkey_equal(&metas[i].key, &world->f.keys[k].pubkey);
        metas[i].signer &= can;
    }
}

static bool any_transaction(struct world *world, struct transaction *out)
{
    struct fixture *f = &world->f;
    struct instruction instructions[4];
    size_t count = below(world, 3) ? 1 : 1 + below(world, 4);
    for (size_t i = 0; i < count; i++) {
        instructions[i] = any_instruction(world, i);
        drop_impossible_signers(world, &instructions[i], world->metas[i]);
    }
    const struct keypair *signers[FIXTURE_ACCOUNTS];
    size_t payer = below(world, FIXTURE_ACCOUNTS);
    for (size_t i = 0; i < FIXTURE_ACCOUNTS; i++)
        signers[i] = &f->keys[(payer + i) % FIXTURE_ACCOUNTS];
    struct buffer wire = {0};
    if (transaction_make(signers, FIXTURE_ACCOUNTS, instructions, count,
                         &bank_info(f->bank)->parent_blockhash, &wire))
        return false; /* too large */
    struct bytes copy = arena_bytes(&f->arena, buffer_view(&wire));
    buffer_free(&wire);
    return !transaction_parse(copy, &f->arena, out);
}

static void sum_rows(const struct state *state, struct lattice *out)
{
    struct bytes key, value;
    struct state_cursor *cursor =
        state_cursor_open(state, bytes_make(NULL, 0), bytes_make(NULL, 0));
    *out = (struct lattice){0};
    while (state_cursor_next(cursor, &key, &value)) {
        struct account account;
        if (key.data[0] != BANK_ROW_PREFIX)
            lattice_add(out, key, value);
        if (key.data[0] != ACCOUNT_ROW_PREFIX)
            continue;
        assert_int_equal(account_decode(value, &account), 0);
        assert_true(account.lamports >= rent_minimum_balance(account.space));
    }
    state_cursor_close(cursor);
}

/* The rows must be what they were, but for the fee of the payer and a nonce
 * that was used. */
static void check_failure(struct world *world, const struct lattice *before,
                          const struct transaction *t, uint64_t fee,
                          struct bytes payer_before)
{
    struct lattice after;
    uint8_t key[ACCOUNT_KEY_SIZE];
    struct bytes row;
    sum_rows(bank_state(world->f.bank), &after);
    account_key(&t->keys[0], key);
    if (fee) {
        lattice_add(&after, bytes_make(key, sizeof(key)), payer_before);
        if (state_get(bank_state(world->f.bank), bytes_make(key, sizeof(key)),
                      &row))
            lattice_subtract(&after, bytes_make(key, sizeof(key)), row);
    }
    assert_memory_equal(&after, before, sizeof(after));
}

static uint64_t execute_one(struct world *world)
{
    struct fixture *f = &world->f;
    struct transaction t;
    struct lattice before;
    uint8_t key[ACCOUNT_KEY_SIZE];
    struct bytes row = {0};
    if (!any_transaction(world, &t))
        return 0;
    sum_rows(bank_state(f->bank), &before);
    account_key(&t.keys[0], key);
    if (state_get(bank_state(f->bank), bytes_make(key, sizeof(key)), &row))
        row = arena_bytes(&f->arena, row);
    uint64_t total = state_lamports(bank_state(f->bank));
    struct bank_result result = fixture_execute(f, &t);
    assert_int_equal(state_lamports(bank_state(f->bank)) + result.fee, total);
    assert_true(result.recorded || !result.fee);
    if (!transaction_status_ok(result.status))
        check_failure(world, &before, &t, result.fee, row);
    return transaction_status_ok(result.status);
}

/* A bank restored from the rows of the parent, which executes the same
 * transfer and is frozen alike, must come to the same state hash. */
static void check_restart(struct world *world, struct bank *parent)
{
    struct fixture *f = &world->f;
    struct state *rows = fixture_rows(parent);
    struct state_base base = fixture_base(rows);
    const struct bank_info *info = bank_info(parent);
    const struct bank_block block = {info->slot + 3, info->unix_ms,
                                     f->leader.pubkey};
    struct hash end = fixture_hash(info->slot);
    struct bank *restored, *banks[2], *saved = f->bank;
    assert_int_equal(bank_open_base(&base, &program_table, &restored), 0);
    banks[0] = bank_open_child(parent, &STATE_BASE_EMPTY, &block);
    banks[1] = bank_open_child(restored, &base, &block);
    for (size_t i = 0; i < 2; i++) {
        f->bank = banks[i];
        struct transaction t =
            fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 77);
        fixture_execute(f, &t);
        bank_freeze(banks[i], &end);
        bank_sum_up(banks[i]);
    }
    assert_true(hash_equal(&bank_info(banks[0])->state_hash,
                           &bank_info(banks[1])->state_hash));
    f->bank = saved;
    bank_release(banks[0]);
    bank_release(banks[1]);
    bank_release(restored);
    state_close(rows);
}

static void run_history(uint64_t seed, uint64_t *successes)
{
    struct world *world = test_calloc(1, sizeof(*world));
    world->random = random_make(seed);
    fixture_open(&world->f);
    for (int block = 0; block < BLOCKS; block++) {
        for (int i = 0; i < TRANSACTIONS; i++)
            *successes += execute_one(world);
        struct bank *done = bank_retain(world->f.bank);
        fixture_next(&world->f);
        struct lattice lattice;
        struct state *rows = fixture_rows(done);
        sum_rows(rows, &lattice);
        state_close(rows);
        assert_memory_equal(&lattice, &done->lattice, sizeof(lattice));
        assert_int_equal(state_lamports(bank_state(done)),
                         bank_info(done)->capitalization);
        check_restart(world, done);
        bank_release(done);
    }
    for (size_t i = 0; i < 4; i++)
        buffer_free(&world->data[i]);
    fixture_close(&world->f);
    test_free(world);
}

static void test_random_histories_keep_the_invariants(void **state)
{
    uint64_t successes = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        print_message("# seed %llu\n", (unsigned long long)seed);
        run_history(seed, &successes);
    }
    /* Enough transactions must succeed. */
    print_message("# %llu transactions succeeded\n",
                  (unsigned long long)successes);
    assert_true(successes > SEEDS * BLOCKS * TRANSACTIONS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories_keep_the_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
