#include "test.h"

#include "bank_fixture.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/format/well_known.h"

static struct fixture *f;
static struct buffer data; /* instruction data under construction */
static struct pubkey table;
static uint64_t message_number; /* makes each message another */

#define FAILED(name) "{\"InstructionError\":[0,\"" name "\"]}"

static const char *status_text(struct transaction_status status)
{
    static struct buffer text;
    buffer_clear(&text);
    if (!transaction_status_ok(status)) {
        struct json_writer writer = json_writer_make(&text);
        transaction_status_json(&writer, status);
    }
    return buffer_string(&text);
}

/* Run the instruction under construction. keys[1] is the table's authority,
 * keys[0] pays. */
static const char *run_with(const struct account_meta *accounts, size_t count)
{
    const struct keypair *signers[3] = {&f->keys[0], &f->keys[1], &f->keys[2]};
    uint8_t note[8];
    u64le_write(note, message_number++);
    struct buffer text = {0};
    for (size_t i = 0; i < 8; i++)
        buffer_u8(&text, 'a' + note[i] % 16);
    for (size_t i = 0; i < 8; i++)
        buffer_u8(&text, 'a' + note[i] / 16);
    const struct instruction instructions[2] = {
        {ADDRESS_LOOKUP_TABLE_PROGRAM_ID, accounts, count, buffer_view(&data)},
        {MEMO_PROGRAM_ID, NULL, 0, buffer_view(&text)}};
    struct transaction t = fixture_make(f, signers, 3, instructions, 2,
                                        &bank_info(f->bank)->parent_blockhash);
    buffer_clear(&data);
    buffer_free(&text);
    return status_text(fixture_execute(f, &t).status);
}

static const char *run(const struct keypair *authority)
{
    const struct account_meta accounts[4] = {{table, false, true},
                                             {authority->pubkey, true, false},
                                             {f->keys[0].pubkey, true, true},
                                             {SYSTEM_PROGRAM_ID, false, false}};
    return run_with(accounts, 4);
}

static struct pubkey derive(uint64_t slot, uint8_t *bump)
{
    uint8_t slot_bytes[8];
    struct pubkey derived;
    u64le_write(slot_bytes, slot);
    const struct bytes seeds[2] = {pubkey_bytes(&f->keys[1].pubkey),
                                   bytes_make(slot_bytes, 8)};
    assert_ok(address_find(seeds, 2, &ADDRESS_LOOKUP_TABLE_PROGRAM_ID, &derived,
                           bump));
    return derived;
}

static const char *create(uint64_t slot)
{
    uint8_t bump;
    table = derive(slot, &bump);
    buffer_u32le(&data, LOOKUP_TABLE_CREATE);
    buffer_u64le(&data, slot);
    buffer_u8(&data, bump);
    return run(&f->keys[1]);
}

/* Add keys[first ... first + count - 1] of the fixture. */
static const char *extend(const struct keypair *authority, size_t first,
                          size_t count)
{
    buffer_u32le(&data, LOOKUP_TABLE_EXTEND);
    buffer_u64le(&data, count);
    for (size_t i = first; i < first + count; i++)
        buffer_append(&data, f->keys[i].pubkey.bytes, 32);
    return run(authority);
}

static const char *simple(enum lookup_table_instruction kind,
                          const struct keypair *authority)
{
    buffer_u32le(&data, kind);
    return run(authority);
}

static struct lookup_table read_table(void)
{
    struct account account;
    struct lookup_table out;
    assert_ok(bank_account(f->bank, bank_state(f->bank), &table, &f->arena,
                           &account));
    assert_int_equal(lookup_table_decode(account.data, &out), INSTRUCTION_OK);
    assert_int_equal(account.lamports, rent_minimum_balance(account.space));
    return out;
}

/* A transfer of 1000 from keys[0] to the address at an index of a table. */
static struct bank_result transfer_to(const struct pubkey *from_table,
                                      uint8_t index)
{
    struct buffer message = {0}, wire = {0};
    struct signature signature;
    struct transaction t;
    buffer_append(&message, "\x80\x01\x00\x01\x02", 5);
    buffer_append(&message, f->keys[0].pubkey.bytes, 32);
    buffer_append(&message, SYSTEM_PROGRAM_ID.bytes, 32);
    buffer_append(&message, bank_info(f->bank)->parent_blockhash.bytes, 32);
    buffer_append(&message, "\x01\x01\x02\x00\x02\x0c", 6);
    system_transfer_data(1000 + message_number++, &message);
    buffer_u8(&message, 1);
    buffer_append(&message, from_table->bytes, 32);
    buffer_u8(&message, 1);
    buffer_u8(&message, index);
    buffer_u8(&message, 0);
    key_sign(&f->keys[0], buffer_view(&message), &signature);
    buffer_u8(&wire, 1);
    buffer_append(&wire, signature.bytes, 64);
    buffer_bytes(&wire, buffer_view(&message));
    struct bytes copy = arena_bytes(&f->arena, buffer_view(&wire));
    assert_ok(transaction_parse(copy, &f->arena, &t));
    buffer_free(&message);
    buffer_free(&wire);
    return fixture_execute(f, &t);
}

static void assert_transfer(uint8_t index, const char *expected)
{
    struct bank_result result = transfer_to(&table, index);
    assert_string_equal(status_text(result.status), expected);
}

static void test_addresses_can_be_used_from_the_next_slot_on(void **state)
{
    assert_string_equal(create(0), "");
    assert_string_equal(extend(&f->keys[1], 3, 2), "");
    struct lookup_table read = read_table();
    assert_int_equal(read.address_count, 2);
    assert_int_equal(read.last_extended_slot, 1);
    assert_int_equal(read.start_index, 0);
    assert_transfer(0, "\"InvalidAddressLookupTableIndex\"");
    fixture_next(f);
    assert_transfer(1, "");
    assert_true(fixture_balance(f, &f->keys[4].pubkey) > FIXTURE_LAMPORTS);
    assert_transfer(2, "\"InvalidAddressLookupTableIndex\"");

    /* More, in this slot: the old ones work, the new ones not yet. */
    assert_string_equal(extend(&f->keys[1], 5, 1), "");
    assert_string_equal(extend(&f->keys[1], 6, 1), "");
    read = read_table();
    assert_int_equal(read.address_count, 4);
    assert_int_equal(read.start_index, 2);
    assert_transfer(1, "");
    assert_transfer(2, "\"InvalidAddressLookupTableIndex\"");
    fixture_next(f);
    assert_transfer(3, "");
}

static void test_result_names_the_keys_looked_up(void **state)
{
    assert_string_equal(create(0), "");
    assert_string_equal(extend(&f->keys[1], 3, 2), "");
    fixture_next(f);
    struct bank_result result = transfer_to(&table, 1);
    assert_int_equal(result.key_count, 3);
    assert_true(pubkey_equal(&result.keys[2], &f->keys[4].pubkey));
    assert_int_equal(result.balances_before[2], FIXTURE_LAMPORTS);
    assert_true(result.balances_after[2] > FIXTURE_LAMPORTS);
}

static void test_table_that_is_none_is_refused(void **state)
{
    struct keypair nobody = fixture_key(90);
    struct bank_result result = transfer_to(&nobody.pubkey, 0);
    assert_string_equal(status_text(result.status),
                        "\"AddressLookupTableNotFound\"");
    assert_false(result.recorded);
    result = transfer_to(&f->keys[5].pubkey, 0);
    assert_string_equal(status_text(result.status),
                        "\"InvalidAddressLookupTableOwner\"");
}

static void test_key_given_and_looked_up_is_loaded_twice(void **state)
{
    assert_string_equal(create(0), "");
    assert_string_equal(extend(&f->keys[1], 0, 1), "");
    fixture_next(f);
    assert_transfer(0, "\"AccountLoadedTwice\"");
}

static void test_creation_wants_a_recent_slot_and_its_address(void **state)
{
    assert_string_equal(create(77), FAILED("InvalidInstructionData"));
    uint8_t bump;
    table = f->keys[5].pubkey;
    derive(0, &bump);
    buffer_u32le(&data, LOOKUP_TABLE_CREATE);
    buffer_u64le(&data, 0);
    buffer_u8(&data, bump);
    assert_string_equal(run(&f->keys[1]), FAILED("InvalidArgument"));
    assert_string_equal(create(0), "");
    assert_string_equal(create(0), ""); /* exists already: nothing to do */
    assert_int_equal(read_table().address_count, 0);
}

static void test_only_the_authority_changes_a_table(void **state)
{
    assert_string_equal(create(0), "");
    assert_string_equal(extend(&f->keys[2], 3, 2),
                        FAILED("IncorrectAuthority"));
    assert_string_equal(simple(LOOKUP_TABLE_FREEZE, &f->keys[1]),
                        FAILED("InvalidInstructionData")); /* it is empty */
    assert_string_equal(extend(&f->keys[1], 3, 0),
                        FAILED("InvalidInstructionData"));
    assert_string_equal(extend(&f->keys[1], 3, 2), "");
    assert_string_equal(simple(LOOKUP_TABLE_FREEZE, &f->keys[1]), "");
    assert_string_equal(extend(&f->keys[1], 5, 1), FAILED("Immutable"));
    assert_string_equal(simple(LOOKUP_TABLE_DEACTIVATE, &f->keys[1]),
                        FAILED("Immutable"));
    assert_string_equal(simple(LOOKUP_TABLE_CLOSE, &f->keys[1]),
                        FAILED("Immutable"));
    assert_false(read_table().has_authority);
    fixture_next(f);
    assert_transfer(1, "");
}

static void test_table_holds_256_addresses(void **state)
{
    assert_string_equal(create(0), "");
    for (size_t i = 0; i < 256; i += 16)
        assert_string_equal(extend(&f->keys[1], 0, 16), "");
    assert_string_equal(extend(&f->keys[1], 0, 1), FAILED("InvalidArgument"));
    assert_int_equal(read_table().address_count, 256);
    fixture_next(f);
    assert_transfer(255, "");
}

static void test_closing_waits_until_the_slot_is_no_longer_recent(void **state)
{
    assert_string_equal(create(0), "");
    assert_string_equal(extend(&f->keys[1], 3, 2), "");
    assert_string_equal(simple(LOOKUP_TABLE_CLOSE, &f->keys[1]),
                        FAILED("InvalidArgument"));
    fixture_next(f);
    assert_string_equal(simple(LOOKUP_TABLE_DEACTIVATE, &f->keys[1]), "");
    assert_string_equal(simple(LOOKUP_TABLE_DEACTIVATE, &f->keys[1]),
                        FAILED("InvalidArgument"));
    assert_string_equal(extend(&f->keys[1], 5, 1), FAILED("InvalidArgument"));
    for (int i = 0; i < SLOT_HASHES_MAX; i++)
        fixture_next(f);
    assert_transfer(1, ""); /* still used by readers that have not noticed */
    assert_string_equal(simple(LOOKUP_TABLE_CLOSE, &f->keys[1]),
                        FAILED("InvalidArgument"));
    fixture_next(f);
    assert_transfer(1, "\"AddressLookupTableNotFound\"");
    uint64_t before = fixture_balance(f, &f->keys[0].pubkey);
    uint64_t held = fixture_balance(f, &table);
    assert_string_equal(simple(LOOKUP_TABLE_CLOSE, &f->keys[1]), "");
    assert_int_equal(fixture_balance(f, &table), 0);
    assert_int_equal(fixture_balance(f, &f->keys[0].pubkey),
                     before + held - 10000);
}

static void test_short_account_lists_are_refused(void **state)
{
    const struct account_meta accounts[3] = {{f->keys[5].pubkey, false, true},
                                             {f->keys[1].pubkey, true, false},
                                             {f->keys[0].pubkey, true, true}};
    for (uint32_t kind = 0; kind <= LOOKUP_TABLE_CLOSE; kind++) {
        buffer_u32le(&data, kind);
        buffer_u64le(&data, 0);
        buffer_u8(&data, 0);
        assert_string_equal(run_with(accounts, 0),
                            FAILED("NotEnoughAccountKeys"));
    }
    buffer_u32le(&data, 5);
    assert_string_equal(run_with(accounts, 3),
                        FAILED("InvalidInstructionData"));
    buffer_u32le(&data, LOOKUP_TABLE_EXTEND);
    buffer_u64le(&data, UINT64_MAX / 16);
    assert_string_equal(run_with(accounts, 3),
                        FAILED("InvalidInstructionData"));
    assert_string_equal(simple(LOOKUP_TABLE_CLOSE, &f->keys[1]),
                        FAILED("InvalidAccountOwner"));
}

static int setup(void **state)
{
    f = test_calloc(1, sizeof(*f));
    fixture_open(f);
    table = f->keys[6].pubkey;
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
        TEST(test_addresses_can_be_used_from_the_next_slot_on),
        TEST(test_result_names_the_keys_looked_up),
        TEST(test_table_that_is_none_is_refused),
        TEST(test_key_given_and_looked_up_is_loaded_twice),
        TEST(test_creation_wants_a_recent_slot_and_its_address),
        TEST(test_only_the_authority_changes_a_table),
        TEST(test_table_holds_256_addresses),
        TEST(test_closing_waits_until_the_slot_is_no_longer_recent),
        TEST(test_short_account_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
