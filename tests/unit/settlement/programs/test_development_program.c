/*
 * Setting accounts on networks whose genesis allows it, and on others.
 */
#include "test.h"

#include "bank_fixture.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/format/development_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/table/program_table.h"

static struct fixture *f;
static struct pubkey target;

/* Begin again from a genesis that names keys[0] besides. */
static void allow(void)
{
    size_t count = f->genesis.account_count;
    struct genesis_account *accounts =
        arena_zero(&f->arena, (count + 1) * sizeof(*accounts));
    memcpy(accounts, f->genesis.accounts, count * sizeof(*accounts));
    accounts[count] = (struct genesis_account){
        .key = DEVELOPMENT_AUTHORITY_ID,
        .account = {.lamports = rent_minimum_balance(32),
                    .owner = DEVELOPMENT_PROGRAM_ID,
                    .space = 32,
                    .data = bytes_make(f->keys[0].pubkey.bytes, 32)}};
    bank_release(f->bank);
    bank_release(f->root);
    f->genesis.accounts = accounts;
    f->genesis.account_count = count + 1;
    genesis_hash(&f->genesis, &f->genesis.hash);
    f->root = bank_open_genesis(&f->genesis, &program_table);
    const struct bank_block block = {.slot = 1,
                                     .unix_ms = FIXTURE_UNIX_MS + 100,
                                     .leader = f->leader.pubkey};
    f->bank = bank_open_child(f->root, &STATE_BASE_EMPTY, &block);
}

/* Nobody has its key, because it is derived. */
static void test_the_authority_s_account_is_the_program_s(void **state)
{
    struct bytes seed = bytes_text("authority");
    struct pubkey derived;

    assert_int_equal(
        address_find(&seed, 1, &DEVELOPMENT_PROGRAM_ID, &derived, NULL), 0);
    assert_true(pubkey_equal(&derived, &DEVELOPMENT_AUTHORITY_ID));
}

/* Run an instruction that signer wants; "" or the error's JSON. */
static const char *run(const struct keypair *signer, bool is_signed,
                       const struct buffer *data)
{
    static struct buffer text;
    const struct account_meta accounts[3] = {
        {.key = DEVELOPMENT_AUTHORITY_ID},
        {.key = signer->pubkey, .signer = is_signed, .writable = true},
        {.key = target, .writable = true}};
    const struct instruction instruction = {.program = DEVELOPMENT_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 3,
                                            .data = buffer_view(data)};
    const struct keypair *signers[2] = {&f->keys[5], signer};
    struct transaction transaction =
        fixture_make(f, signers, is_signed ? 2 : 1, &instruction, 1,
                     &bank_info(f->root)->blockhash);
    struct bank_result result = fixture_execute(f, &transaction);
    buffer_clear(&text);
    if (!transaction_status_ok(result.status)) {
        struct json_writer writer = json_writer_make(&text);
        transaction_status_json(&writer, result.status);
    }
    return buffer_string(&text);
}

static const char *set(const struct keypair *signer, bool is_signed,
                       uint64_t lamports, const struct pubkey *owner,
                       uint64_t space)
{
    static uint64_t serial;
    struct buffer data = {0};
    development_set_data(lamports, owner, space, serial++, &data);
    const char *error = run(signer, is_signed, &data);
    buffer_free(&data);
    return error;
}

static const char *write_at(uint64_t offset, const char *text)
{
    struct buffer data = {0};
    development_write_data(offset, bytes_text(text), 0, &data);
    const char *error = run(&f->keys[0], true, &data);
    buffer_free(&data);
    return error;
}

static struct account read_target(void)
{
    struct account account;
    assert_ok(bank_account(f->bank, bank_state(f->bank), &target, &f->arena,
                           &account));
    return account;
}

#define FAILED(name) "{\"InstructionError\":[0,\"" name "\"]}"

static void test_any_account_becomes_what_is_asked(void **state)
{
    allow();
    target = f->keys[7].pubkey; /* somebody's, who signs nothing */
    uint64_t lamports = 2 * FIXTURE_LAMPORTS;
    uint64_t authority = fixture_balance(f, &f->keys[0].pubkey);
    assert_string_equal(set(&f->keys[0], true, lamports, &TOKEN_PROGRAM_ID, 10),
                        "");
    assert_string_equal(write_at(2, "abc"), "");
    struct account account = read_target();
    assert_int_equal(account.lamports, lamports);
    assert_true(pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID));
    assert_int_equal(account.space, 10);
    assert_memory_equal(account.data.data, "\0\0abc\0\0\0\0\0", 10);
    /* The authority paid what the account got. */
    assert_int_equal(fixture_balance(f, &f->keys[0].pubkey),
                     authority - FIXTURE_LAMPORTS);
    /* A new space keeps what fits. */
    assert_string_equal(
        set(&f->keys[0], true, FIXTURE_LAMPORTS, &MEMO_PROGRAM_ID, 4), "");
    account = read_target();
    assert_int_equal(account.space, 4);
    assert_memory_equal(account.data.data, "\0\0ab", 4);
    assert_int_equal(fixture_balance(f, &f->keys[0].pubkey), authority);
    assert_string_equal(write_at(2, "abcd"), FAILED("AccountDataTooSmall"));
    /* Gone. */
    assert_string_equal(set(&f->keys[0], true, 0, &SYSTEM_PROGRAM_ID, 0), "");
    assert_int_equal(fixture_balance(f, &target), 0);
    assert_string_equal(set(&f->keys[0], true, 5, &SYSTEM_PROGRAM_ID, 0),
                        "{\"InsufficientFundsForRent\":{\"account_index\":2}}");
}

static void test_only_the_named_key_sets_accounts(void **state)
{
    allow();
    target = f->keys[7].pubkey;
    assert_string_equal(set(&f->keys[1], true, 0, &SYSTEM_PROGRAM_ID, 0),
                        FAILED("IncorrectAuthority"));
    assert_string_equal(set(&f->keys[0], false, 0, &SYSTEM_PROGRAM_ID, 0),
                        FAILED("MissingRequiredSignature"));
    assert_int_equal(fixture_balance(f, &target), FIXTURE_LAMPORTS);
}

static void test_other_networks_refuse(void **state)
{
    target = f->keys[7].pubkey;
    assert_string_equal(set(&f->keys[0], true, 0, &SYSTEM_PROGRAM_ID, 0),
                        FAILED("InvalidAccountOwner"));
    assert_int_equal(fixture_balance(f, &target), FIXTURE_LAMPORTS);
}

static void test_programs_and_sysvars_are_not_set(void **state)
{
    allow();
    target = TOKEN_PROGRAM_ID;
    assert_string_equal(set(&f->keys[0], true, 1, &SYSTEM_PROGRAM_ID, 0),
                        FAILED("ReadonlyDataModified"));
    target = CLOCK_SYSVAR_ID;
    assert_string_equal(set(&f->keys[0], true, 1, &SYSTEM_PROGRAM_ID, 0),
                        FAILED("ReadonlyDataModified"));
}

static void test_the_authority_is_not_set(void **state)
{
    allow();
    target = f->keys[0].pubkey;
    assert_string_equal(set(&f->keys[0], true, 1, &SYSTEM_PROGRAM_ID, 0),
                        FAILED("InvalidArgument"));
    assert_int_equal(fixture_balance(f, &target), FIXTURE_LAMPORTS);
}

static void test_short_data_is_refused(void **state)
{
    struct buffer data = {0};
    allow();
    target = f->keys[7].pubkey;
    development_set_data(1, &SYSTEM_PROGRAM_ID, 0, 0, &data);
    while (data.size) {
        data.size--;
        assert_string_equal(run(&f->keys[0], true, &data),
                            FAILED("InvalidInstructionData"));
    }
    buffer_u8(&data, 2);
    assert_string_equal(run(&f->keys[0], true, &data),
                        FAILED("InvalidInstructionData"));
    buffer_free(&data);
}

static int setup(void **state)
{
    f = test_calloc(1, sizeof(*f));
    fixture_open(f);
    return 0;
}

static int teardown(void **state)
{
    fixture_close(f);
    test_free(f);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_authority_s_account_is_the_program_s),
        TEST(test_any_account_becomes_what_is_asked),
        TEST(test_only_the_named_key_sets_accounts),
        TEST(test_other_networks_refuse),
        TEST(test_programs_and_sysvars_are_not_set),
        TEST(test_the_authority_is_not_set),
        TEST(test_short_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
