#include "test.h"

#include "bank_fixture.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/format/well_known.h"

static struct fixture *f;
static struct buffer data; /* instruction data under construction */

static void number32(uint32_t value)
{
    buffer_u32le(&data, value);
}

static void number64(uint64_t value)
{
    buffer_u64le(&data, value);
}

static void key(const struct pubkey *value)
{
    buffer_append(&data, value->bytes, 32);
}

static void seed(const char *text)
{
    number64(strlen(text));
    buffer_text(&data, text);
}

/* Carry out the instruction under construction, signed by the payer keys[0]
 * and by other (may be NULL). "" or the error's JSON. */
static const char *run(const struct keypair *other,
                       const struct account_meta *accounts, size_t count)
{
    static struct buffer text;
    const struct keypair *signers[2] = {&f->keys[0], other};
    struct transaction_status status = fixture_system(
        f, signers, other ? 2 : 1, accounts, count, buffer_view(&data));
    buffer_clear(&data);
    buffer_clear(&text);
    if (!transaction_status_ok(status)) {
        struct json_writer writer = json_writer_make(&text);
        transaction_status_json(&writer, status);
    }
    return buffer_string(&text);
}

#define CUSTOM(number) "{\"InstructionError\":[0,{\"Custom\":" number "}]}"
#define FAILED(name) "{\"InstructionError\":[0,\"" name "\"]}"

static struct account read_account(const struct pubkey *pubkey)
{
    struct account account;
    assert_ok(bank_account(f->bank, bank_state(f->bank), pubkey, &f->arena,
                           &account));
    return account;
}

static void create(uint64_t lamports, uint64_t space,
                   const struct pubkey *owner)
{
    system_create_account_data(lamports, space, owner, &data);
}

static void test_create_account_makes_zeroed_data(void **state)
{
    struct keypair fresh = fixture_key(50);
    struct account_meta accounts[2] = {{f->keys[0].pubkey, true, true},
                                       {fresh.pubkey, true, true}};
    create(rent_minimum_balance(100), 100, &MEMO_PROGRAM_ID);
    assert_string_equal(run(&fresh, accounts, 2), "");
    struct account account = read_account(&fresh.pubkey);
    assert_int_equal(account.lamports, 1586880); /* Solana's for 100 bytes */
    assert_int_equal(account.space, 100);
    assert_true(pubkey_equal(&account.owner, &MEMO_PROGRAM_ID));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(account.data.data[i], 0);

    create(rent_minimum_balance(1), 1, &MEMO_PROGRAM_ID);
    assert_string_equal(run(&fresh, accounts, 2), CUSTOM("0"));
}

static void test_create_account_refusals(void **state)
{
    struct keypair fresh = fixture_key(50);
    struct account_meta accounts[2] = {{f->keys[0].pubkey, true, true},
                                       {fresh.pubkey, true, true}};
    create(1, ACCOUNT_DATA_SIZE_MAX + 1, &MEMO_PROGRAM_ID);
    assert_string_equal(run(&fresh, accounts, 2), CUSTOM("3"));
    create(2 * FIXTURE_LAMPORTS, 10, &MEMO_PROGRAM_ID);
    assert_string_equal(run(&fresh, accounts, 2), CUSTOM("1"));
    create(1000, 10, &MEMO_PROGRAM_ID);
    assert_string_equal(run(&fresh, accounts, 2),
                        "{\"InsufficientFundsForRent\":{\"account_index\":1}}");
    create(rent_minimum_balance(10), 10, &MEMO_PROGRAM_ID);
    assert_string_equal(run(&fresh, accounts, 1), FAILED("MissingAccount"));
    accounts[1].signer = false;
    create(rent_minimum_balance(10), 10, &MEMO_PROGRAM_ID);
    assert_string_equal(run(NULL, accounts, 2),
                        FAILED("MissingRequiredSignature"));
    create(rent_minimum_balance(10), 10, &MEMO_PROGRAM_ID);
    data.size--;
    assert_string_equal(run(NULL, accounts, 2),
                        FAILED("InvalidInstructionData"));
    number32(13);
    assert_string_equal(run(NULL, accounts, 2),
                        FAILED("InvalidInstructionData"));
}

static void test_assign_and_allocate(void **state)
{
    struct account_meta accounts[1] = {{f->keys[1].pubkey, true, true}};
    number32(SYSTEM_ALLOCATE);
    number64(50);
    assert_string_equal(run(&f->keys[1], accounts, 1), "");
    assert_int_equal(read_account(&f->keys[1].pubkey).space, 50);
    number32(SYSTEM_ALLOCATE);
    number64(60);
    assert_string_equal(run(&f->keys[1], accounts, 1), CUSTOM("0"));
    number32(SYSTEM_ASSIGN);
    key(&MEMO_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], accounts, 1), "");
    struct account account = read_account(&f->keys[1].pubkey);
    assert_true(pubkey_equal(&account.owner, &MEMO_PROGRAM_ID));

    /* To the same owner again, which needs no signature. */
    accounts[0].signer = false;
    number32(SYSTEM_ASSIGN);
    key(&MEMO_PROGRAM_ID);
    assert_string_equal(run(NULL, accounts, 1), "");
    accounts[0].key = f->keys[2].pubkey;
    number32(SYSTEM_ASSIGN);
    key(&MEMO_PROGRAM_ID);
    assert_string_equal(run(NULL, accounts, 1),
                        FAILED("MissingRequiredSignature"));
}

static void test_account_of_another_program_is_not_spent(void **state)
{
    struct account_meta accounts[1] = {{f->keys[1].pubkey, true, true}};
    number32(SYSTEM_ASSIGN);
    key(&MEMO_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], accounts, 1), "");
    struct account_meta transfer[2] = {{f->keys[1].pubkey, true, true},
                                       {f->keys[2].pubkey, false, true}};
    system_transfer_data(5, &data);
    assert_string_equal(run(&f->keys[1], transfer, 2),
                        FAILED("ExternalAccountLamportSpend"));
    transfer[0] = (struct account_meta){f->keys[3].pubkey, true, true};
    transfer[1].writable = false;
    system_transfer_data(5, &data);
    assert_string_equal(run(&f->keys[3], transfer, 2),
                        FAILED("ReadonlyLamportChange"));
    transfer[0].signer = false;
    system_transfer_data(5, &data);
    assert_string_equal(run(NULL, transfer, 2),
                        FAILED("MissingRequiredSignature"));
}

static void test_account_with_data_does_not_transfer(void **state)
{
    struct account_meta accounts[2] = {{f->keys[1].pubkey, true, true},
                                       {f->keys[2].pubkey, false, true}};
    number32(SYSTEM_ALLOCATE);
    number64(5);
    assert_string_equal(run(&f->keys[1], accounts, 1), "");
    system_transfer_data(5, &data);
    assert_string_equal(run(&f->keys[1], accounts, 2),
                        FAILED("InvalidArgument"));
}

static void test_addresses_with_seeds(void **state)
{
    struct pubkey base = f->keys[1].pubkey, derived;
    assert_ok(address_with_seed(&base, bytes_text("sub"), &SYSTEM_PROGRAM_ID,
                                &derived));
    struct account_meta create_accounts[3] = {{f->keys[0].pubkey, true, true},
                                              {derived, false, true},
                                              {base, true, false}};
    number32(SYSTEM_CREATE_ACCOUNT_WITH_SEED);
    key(&base);
    seed("sub");
    number64(5000000);
    number64(0);
    key(&SYSTEM_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], create_accounts, 3), "");
    assert_int_equal(fixture_balance(f, &derived), 5000000);

    struct account_meta transfer[3] = {{derived, false, true},
                                       {base, true, false},
                                       {f->keys[2].pubkey, false, true}};
    number32(SYSTEM_TRANSFER_WITH_SEED);
    number64(1000000);
    seed("sub");
    key(&SYSTEM_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], transfer, 3), "");
    assert_int_equal(fixture_balance(f, &derived), 4000000);
    number32(SYSTEM_TRANSFER_WITH_SEED);
    number64(1000000);
    seed("bus");
    key(&SYSTEM_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], transfer, 3), CUSTOM("5"));

    struct account_meta one[2] = {{derived, false, true}, {base, true, false}};
    number32(SYSTEM_ASSIGN_WITH_SEED);
    key(&base);
    seed("sub");
    key(&MEMO_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], one, 2), CUSTOM("5"));
    number32(SYSTEM_ALLOCATE_WITH_SEED);
    key(&base);
    seed("a seed that is longer than 32 bytes");
    number64(5);
    key(&MEMO_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], one, 2), CUSTOM("0"));
    number32(SYSTEM_ALLOCATE_WITH_SEED);
    key(&base);
    seed("sub");
    number64(5);
    key(&SYSTEM_PROGRAM_ID);
    assert_string_equal(run(&f->keys[1], one, 2), "");
    assert_int_equal(read_account(&derived).space, 5);
}

/*
 * Nonces.
 */
static struct keypair nonce_key;

static void open_nonce_account(void)
{
    nonce_key = fixture_key(60);
    struct account_meta create_accounts[2] = {{f->keys[0].pubkey, true, true},
                                              {nonce_key.pubkey, true, true}};
    create(2 * rent_minimum_balance(NONCE_ACCOUNT_SIZE), NONCE_ACCOUNT_SIZE,
           &SYSTEM_PROGRAM_ID);
    assert_string_equal(run(&nonce_key, create_accounts, 2), "");
    struct account_meta accounts[3] = {
        {nonce_key.pubkey, false, true},
        {RECENT_BLOCKHASHES_SYSVAR_ID, false, false},
        {RENT_SYSVAR_ID, false, false}};
    number32(SYSTEM_INITIALIZE_NONCE_ACCOUNT);
    key(&f->keys[1].pubkey);
    assert_string_equal(run(NULL, accounts, 3), "");
}

static struct nonce read_nonce(void)
{
    struct nonce nonce;
    struct account account = read_account(&nonce_key.pubkey);
    assert_int_equal(account.space, NONCE_ACCOUNT_SIZE);
    assert_ok(nonce_decode(account.data, &nonce));
    return nonce;
}

/* A transfer of lamports under the nonce, paid by the authority. */
static struct transaction nonce_transfer(uint64_t lamports)
{
    struct nonce nonce = read_nonce();
    const struct account_meta advance[3] = {
        {nonce_key.pubkey, false, true},
        {RECENT_BLOCKHASHES_SYSVAR_ID, false, false},
        {f->keys[1].pubkey, true, false}};
    const struct account_meta transfer[2] = {{f->keys[1].pubkey, true, true},
                                             {f->keys[2].pubkey, false, true}};
    struct buffer one = {0}, two = {0};
    buffer_u32le(&one, SYSTEM_ADVANCE_NONCE_ACCOUNT);
    system_transfer_data(lamports, &two);
    struct instruction instructions[2] = {
        {SYSTEM_PROGRAM_ID, advance, 3, buffer_view(&one)},
        {SYSTEM_PROGRAM_ID, transfer, 2, buffer_view(&two)}};
    const struct keypair *signer = &f->keys[1];
    struct transaction transaction =
        fixture_make(f, &signer, 1, instructions, 2, &nonce.value);
    buffer_free(&one);
    buffer_free(&two);
    return transaction;
}

static void test_nonce_replaces_a_recent_blockhash_once(void **state)
{
    open_nonce_account();
    struct nonce first = read_nonce();
    assert_true(first.initialized);
    assert_true(pubkey_equal(&first.authority, &f->keys[1].pubkey));
    assert_int_equal(first.lamports_per_signature, 5000);
    struct transaction t = nonce_transfer(1000);

    /* In the block that made it, the nonce can't be used yet. */
    struct bank_result result = fixture_execute(f, &t);
    assert_int_equal(result.status.error, TRANSACTION_BLOCKHASH_NOT_FOUND);
    for (int i = 0; i < GENESIS_BLOCKHASH_BLOCKS + 5; i++)
        fixture_next(f);
    result = fixture_execute(f, &t);
    assert_int_equal(result.status.error, TRANSACTION_OK);
    struct nonce second = read_nonce();
    assert_false(hash_equal(&first.value, &second.value));
    result = fixture_execute(f, &t);
    assert_int_equal(result.status.error, TRANSACTION_BLOCKHASH_NOT_FOUND);
    assert_int_equal(fixture_balance(f, &f->keys[2].pubkey),
                     FIXTURE_LAMPORTS + 1000);
}

static void test_failed_transaction_uses_up_its_nonce(void **state)
{
    open_nonce_account();
    fixture_next(f);
    struct nonce first = read_nonce();
    struct transaction t = nonce_transfer(2 * FIXTURE_LAMPORTS);
    struct bank_result result = fixture_execute(f, &t);
    assert_int_equal(result.status.error, TRANSACTION_INSTRUCTION_ERROR);
    assert_int_equal(result.status.index, 1);
    struct nonce second = read_nonce();
    assert_false(hash_equal(&first.value, &second.value));
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey),
                     FIXTURE_LAMPORTS - 5000);
    fixture_next(f);
    result = fixture_execute(f, &t);
    assert_int_equal(result.status.error, TRANSACTION_BLOCKHASH_NOT_FOUND);
}

static void test_nonce_is_its_authoritys(void **state)
{
    open_nonce_account();
    fixture_next(f);
    struct account_meta accounts[3] = {
        {nonce_key.pubkey, false, true},
        {RECENT_BLOCKHASHES_SYSVAR_ID, false, false},
        {f->keys[2].pubkey, true, false}};
    number32(SYSTEM_ADVANCE_NONCE_ACCOUNT);
    buffer_u8(&data, 9); /* another message than the one that succeeds below */
    assert_string_equal(run(&f->keys[2], accounts, 3),
                        FAILED("MissingRequiredSignature"));
    number32(SYSTEM_AUTHORIZE_NONCE_ACCOUNT);
    key(&f->keys[2].pubkey);
    assert_string_equal(run(&f->keys[2], accounts, 3),
                        FAILED("MissingRequiredSignature"));
    accounts[2].key = f->keys[1].pubkey;
    number32(SYSTEM_AUTHORIZE_NONCE_ACCOUNT);
    key(&f->keys[2].pubkey);
    assert_string_equal(run(&f->keys[1], accounts, 3), "");
    struct nonce nonce = read_nonce();
    assert_true(pubkey_equal(&nonce.authority, &f->keys[2].pubkey));
    accounts[2].key = f->keys[2].pubkey;
    number32(SYSTEM_ADVANCE_NONCE_ACCOUNT);
    assert_string_equal(run(&f->keys[2], accounts, 3), "");
    number32(SYSTEM_ADVANCE_NONCE_ACCOUNT);
    buffer_u8(&data, 0); /* another message, same block */
    assert_string_equal(run(&f->keys[2], accounts, 3), CUSTOM("7"));
}

static void withdraw(uint64_t lamports)
{
    number32(SYSTEM_WITHDRAW_NONCE_ACCOUNT);
    number64(lamports);
}

static void test_nonce_account_keeps_its_rent_until_it_ends(void **state)
{
    open_nonce_account();
    fixture_next(f);
    uint64_t rent = rent_minimum_balance(NONCE_ACCOUNT_SIZE);
    struct account_meta accounts[5] = {
        {nonce_key.pubkey, false, true},
        {f->keys[3].pubkey, false, true},
        {RECENT_BLOCKHASHES_SYSVAR_ID, false, false},
        {RENT_SYSVAR_ID, false, false},
        {f->keys[1].pubkey, true, false}};
    withdraw(rent + 1);
    assert_string_equal(run(&f->keys[1], accounts, 5),
                        FAILED("InsufficientFunds"));
    withdraw(rent);
    assert_string_equal(run(&f->keys[1], accounts, 5), "");
    withdraw(rent);
    buffer_u8(&data, 0); /* another message */
    assert_string_equal(run(&f->keys[1], accounts, 5), "");
    assert_int_equal(fixture_balance(f, &nonce_key.pubkey), 0);
    assert_int_equal(fixture_balance(f, &f->keys[3].pubkey),
                     FIXTURE_LAMPORTS + 2 * rent);
    accounts[2].key = CLOCK_SYSVAR_ID;
    withdraw(1);
    assert_string_equal(run(&f->keys[1], accounts, 5),
                        FAILED("InvalidArgument"));
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
        TEST(test_create_account_makes_zeroed_data),
        TEST(test_create_account_refusals),
        TEST(test_assign_and_allocate),
        TEST(test_account_of_another_program_is_not_spent),
        TEST(test_account_with_data_does_not_transfer),
        TEST(test_addresses_with_seeds),
        TEST(test_nonce_replaces_a_recent_blockhash_once),
        TEST(test_failed_transaction_uses_up_its_nonce),
        TEST(test_nonce_is_its_authoritys),
        TEST(test_nonce_account_keeps_its_rent_until_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
