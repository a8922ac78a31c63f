#include "bank_fixture.h"
#include "base/check.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/format/well_known.h"
#include "settlement/table/program_table.h"

static void make_genesis(struct fixture *fixture)
{
    struct genesis_account *accounts =
        arena_zero(&fixture->arena, (FIXTURE_ACCOUNTS + 1) * sizeof(*accounts));
    struct genesis_validator *validator =
        arena_zero(&fixture->arena, sizeof(*validator));
    for (size_t i = 0; i <= FIXTURE_ACCOUNTS; i++) {
        accounts[i].key = i < FIXTURE_ACCOUNTS ? fixture->keys[i].pubkey
                                               : fixture->leader.pubkey;
        accounts[i].account.lamports = FIXTURE_LAMPORTS;
    }
    *validator =
        (struct genesis_validator){.identity = fixture->leader.pubkey,
                                   .stake = LAMPORTS_PER_KOII,
                                   .vote_account = fixture_key(31).pubkey,
                                   .commission = 7};
    fixture->genesis = (struct genesis){.creation_unix_ms = FIXTURE_UNIX_MS,
                                        .slot_ms = 100,
                                        .ticks_per_slot = 64,
                                        .validators = validator,
                                        .validator_count = 1,
                                        .accounts = accounts,
                                        .account_count = FIXTURE_ACCOUNTS + 1};
    genesis_hash(&fixture->genesis, &fixture->genesis.hash);
}

static struct bank *open_next(struct fixture *fixture, struct bank *parent)
{
    const struct bank_info *info = bank_info(parent);
    struct bank_block block = {.slot = info->slot + 1,
                               .unix_ms = info->unix_ms + 100,
                               .leader = fixture->leader.pubkey};
    return bank_open_child(parent, &STATE_BASE_EMPTY, &block);
}

void fixture_open(struct fixture *fixture)
{
    crypto_init();
    *fixture = (struct fixture){.leader = fixture_key(1000)};
    for (size_t i = 0; i < FIXTURE_ACCOUNTS; i++)
        fixture->keys[i] = fixture_key(i);
    make_genesis(fixture);
    fixture->root = bank_open_genesis(&fixture->genesis, &program_table);
    fixture->bank = open_next(fixture, fixture->root);
}

void fixture_close(struct fixture *fixture)
{
    bank_release(fixture->bank);
    bank_release(fixture->root);
    arena_free(&fixture->arena);
}

void fixture_next(struct fixture *fixture)
{
    struct hash blockhash = fixture_hash(bank_info(fixture->bank)->slot + 5000);
    bank_freeze(fixture->bank, &blockhash);
    bank_sum_up(fixture->bank);
    struct bank *child = open_next(fixture, fixture->bank);
    bank_release(fixture->bank);
    fixture->bank = child;
}

/* The stack leaves out idle banks, and with them rows of recent blocks. */
static void put_recent(const struct bank *bank, struct state *rows)
{
    struct arena arena = {0};
    for (size_t i = 0; i < bank->recent_count; i++) {
        uint8_t key[9] = {RECENT_ROW_PREFIX};
        struct bytes value;
        u64be_write(key + 1, bank->recent[i].slot);
        CHECK(bank_recent_before(bank, bytes_make(key, sizeof(key)), &arena,
                                 &value));
        state_put(rows, bytes_make(key, sizeof(key)), value);
    }
    arena_free(&arena);
}

struct state *fixture_rows(struct bank *bank)
{
    struct state *rows = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    struct bytes key, value;
    struct buffer header = {0};
    struct state_cursor *cursor = state_cursor_open(
        bank_state(bank), (struct bytes){0}, (struct bytes){0});
    while (state_cursor_next(cursor, &key, &value))
        if (key.data[0] != RECENT_ROW_PREFIX)
            state_put(rows, key, value);
    state_cursor_close(cursor);
    put_recent(bank, rows);
    key = bank_header_row(bank, &header);
    state_put(rows, key, buffer_view(&header));
    buffer_free(&header);
    return rows;
}

static bool base_get(void *user, struct bytes key, struct bytes *value)
{
    return state_get(user, key, value);
}

static void *base_cursor_open(void *user, struct bytes start)
{
    return state_cursor_open(user, (struct bytes){0}, start);
}

static bool base_cursor_next(void *cursor, struct bytes *key,
                             struct bytes *value)
{
    return state_cursor_next(cursor, key, value);
}

static void base_cursor_close(void *cursor)
{
    state_cursor_close(cursor);
}

struct state_base fixture_base(struct state *rows)
{
    return (struct state_base){.user = rows,
                               .get = base_get,
                               .cursor_open = base_cursor_open,
                               .cursor_next = base_cursor_next,
                               .cursor_close = base_cursor_close};
}

struct transaction fixture_make(struct fixture *fixture,
                                const struct keypair *const *signers,
                                size_t signer_count,
                                const struct instruction *instructions,
                                size_t count, const struct hash *blockhash)
{
    struct buffer wire = {0};
    struct transaction transaction;
    int status = transaction_make(signers, signer_count, instructions, count,
                                  blockhash, &wire);
    CHECK(!status);
    struct bytes copy = arena_bytes(&fixture->arena, buffer_view(&wire));
    buffer_free(&wire);
    status = transaction_parse(copy, &fixture->arena, &transaction);
    CHECK(!status);
    return transaction;
}

struct transaction fixture_transfer(struct fixture *fixture,
                                    const struct keypair *from,
                                    const struct pubkey *to, uint64_t lamports)
{
    struct buffer data = {0};
    const struct account_meta accounts[2] = {{from->pubkey, true, true},
                                             {*to, false, true}};
    system_transfer_data(lamports, &data);
    struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                      .accounts = accounts,
                                      .account_count = 2,
                                      .data = buffer_view(&data)};
    struct transaction transaction =
        fixture_make(fixture, &from, 1, &instruction, 1,
                     &bank_info(fixture->bank)->parent_blockhash);
    buffer_free(&data);
    return transaction;
}

struct bank_result fixture_execute(struct fixture *fixture,
                                   const struct transaction *transaction)
{
    struct bank_result result;
    bank_execute(fixture->bank, transaction, BANK_WANT_LOG | BANK_WANT_BALANCES,
                 &fixture->arena, &result);
    return result;
}

struct transaction_status
fixture_system(struct fixture *fixture, const struct keypair *const *signers,
               size_t signer_count, const struct account_meta *accounts,
               size_t account_count, struct bytes data)
{
    struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                      .accounts = accounts,
                                      .account_count = account_count,
                                      .data = data};
    struct transaction transaction =
        fixture_make(fixture, signers, signer_count, &instruction, 1,
                     &bank_info(fixture->bank)->parent_blockhash);
    return fixture_execute(fixture, &transaction).status;
}

uint64_t fixture_balance(struct fixture *fixture, const struct pubkey *key)
{
    struct account account;
    if (bank_account(fixture->bank, bank_state(fixture->bank), key,
                     &fixture->arena, &account))
        return 0;
    return account.lamports;
}
