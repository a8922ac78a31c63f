#include "test.h"

#include "base/error.h"
#include "settlement/format/genesis.h"

static struct arena arena;

#define KEY_A "4fYNw3dojWmQ4dXtSGE9epjRGy9pFSx62YypT7avPYvA"
#define KEY_B "Koiitask22222222222222222222222222222222222"

/* The smallest good genesis, cut at the place where tests put something in. */
#define HEAD HEAD_OF("400", "12500")
#define HEAD_OF(slot_ms, hashes_per_tick)                                      \
    "{\"creation_unix_ms\":1760000000000,\"slot_ms\":" slot_ms                 \
    ",\"ticks_per_slot\":64,\"hashes_per_tick\":" hashes_per_tick ","
#define VALIDATORS "\"validators\":[{\"identity\":\"" KEY_A "\",\"stake\":5}],"
#define ACCOUNTS "\"accounts\":[{\"key\":\"" KEY_A "\",\"lamports\":7}]}"

#define OLD_HASH "BFZ6bGGcmPhaMstoHBh182XpqgGePbD7vNdqe7MiiZHm"

static int parse(const char *json, struct genesis *out)
{
    return genesis_parse(bytes_text(json), &arena, out);
}

static void test_file_is_read_with_its_defaults(void **unused)
{
    struct genesis g;
    assert_ok(parse(HEAD VALIDATORS ACCOUNTS, &g));
    assert_int_equal(g.slot_ms, 400);
    assert_int_equal(g.hashes_per_tick, 12500);
    assert_false(g.has_faucet);
    assert_int_equal(g.validator_count, 1);
    assert_int_equal(g.validators[0].stake, 5);
    assert_int_equal(g.account_count, 1);
    assert_int_equal(g.accounts[0].account.lamports, 7);
    assert_false(g.accounts[0].account.executable);
    assert_int_equal(g.accounts[0].account.space, 0);
}

static void test_hash_is_of_the_meaning_not_the_text(void **unused)
{
    struct genesis a, b, c;
    assert_ok(parse(HEAD VALIDATORS ACCOUNTS, &a));
    assert_ok(parse("  {" VALIDATORS
                    "\n\"hashes_per_tick\":12500,\"ticks_per_slot\":64,"
                    "\"slot_ms\":400, \"creation_unix_ms\":1760000000000,"
                    "\"accounts\":[{\"lamports\":7,\"key\":\"" KEY_A
                    "\",\"executable\":false}]}",
                    &b));
    assert_true(hash_equal(&a.hash, &b.hash));
    assert_ok(parse(HEAD VALIDATORS "\"accounts\":[{\"key\":\"" KEY_A
                                    "\",\"lamports\":8}]}",
                    &c));
    assert_false(hash_equal(&a.hash, &c.hash));
}

/* The smallest file has the same hash as before this field existed. */
static void
test_files_without_blockhash_blocks_mean_what_they_did(void **unused)
{
    struct genesis old, same, longer, back;
    struct buffer text = {0};
    assert_ok(parse(HEAD VALIDATORS ACCOUNTS, &old));
    assert_int_equal(genesis_blockhash_blocks(&old), 150);
    assert_string_equal(HASH_TEXT(&old.hash), OLD_HASH);
    assert_ok(
        parse(HEAD "\"blockhash_blocks\":150," VALIDATORS ACCOUNTS, &same));
    assert_true(hash_equal(&old.hash, &same.hash));
    assert_ok(
        parse(HEAD "\"blockhash_blocks\":600," VALIDATORS ACCOUNTS, &longer));
    assert_false(hash_equal(&old.hash, &longer.hash));
    genesis_write(&longer, &text);
    assert_ok(parse(buffer_string(&text), &back));
    assert_int_equal(genesis_blockhash_blocks(&back), 600);
    assert_true(hash_equal(&longer.hash, &back.hash));
    buffer_free(&text);
}

static void test_a_minute_of_blocks_whatever_the_slots(void **unused)
{
    for (uint64_t slot_ms = GENESIS_SLOT_MS_MIN; slot_ms <= GENESIS_SLOT_MS_MAX;
         slot_ms += 7) {
        uint64_t blocks = genesis_minute_of_blocks(slot_ms);
        assert_true(blocks * slot_ms >= 60000);
        assert_in_range(blocks, 150, GENESIS_BLOCKHASH_BLOCKS_MAX);
    }
    assert_int_equal(genesis_minute_of_blocks(400), 150);
    assert_int_equal(genesis_minute_of_blocks(100), 600);
}

static void test_written_genesis_reads_the_same(void **unused)
{
    struct genesis g, back;
    struct buffer text = {0};
    assert_ok(parse(HEAD "\"faucet\":\"" KEY_B "\"," VALIDATORS
                         "\"accounts\":[{\"key\":\"" KEY_A
                         "\",\"lamports\":18446744073709551615,\"owner\":"
                         "\"" KEY_B "\",\"executable\":true,"
                         "\"data\":\"aGVsbG8=\"}]}",
                    &g));
    assert_true(g.has_faucet);
    assert_true(bytes_equal(g.accounts[0].account.data, bytes_text("hello")));
    genesis_write(&g, &text);
    assert_ok(genesis_parse(buffer_view(&text), &arena, &back));
    assert_true(hash_equal(&g.hash, &back.hash));
    buffer_free(&text);
}

static void test_bad_files_are_refused_by_name(void **unused)
{
    const struct {
        const char *json;
        const char *words;
    } bad[] = {
        {"[]", "object"},
        {"{}", "creation_unix_ms"},
        {HEAD VALIDATORS "\"accounts\":5}", "accounts"},
        {HEAD ACCOUNTS, "validators"},
        {HEAD "\"validators\":[]," ACCOUNTS, "0 validators"},
        {HEAD VALIDATORS "\"accounts\":[{\"key\":\"x\",\"lamports\":7}]}",
         "account 0"},
        {HEAD VALIDATORS "\"accounts\":[{\"key\":\"" KEY_A
                         "\",\"lamports\":0}]}",
         "lamports"},
        {HEAD VALIDATORS "\"accounts\":[{\"key\":\"" KEY_A
                         "\",\"lamports\":-1}]}",
         "lamports"},
        {HEAD VALIDATORS "\"accounts\":[{\"key\":\"" KEY_A
                         "\",\"lamports\":1,\"data\":\"%\"}]}",
         "account 0"},
        {HEAD VALIDATORS "\"accounts\":[{\"key\":\"" KEY_A
                         "\",\"lamports\":1},{\"key\":\"" KEY_A
                         "\",\"lamports\":1}]}",
         "twice"},
        {HEAD VALIDATORS "\"accounts\":[{\"key\":\"" KEY_A
                         "\",\"lamports\":18446744073709551615},{\"key\":"
                         "\"" KEY_B "\",\"lamports\":1}]}",
         "2^64"},
        {HEAD_OF("1", "12500") VALIDATORS ACCOUNTS, "slot_ms"},
        {HEAD_OF("400", "1") VALIDATORS ACCOUNTS, "hashes_per_tick"},
        {HEAD "\"slot_ms\":400," VALIDATORS ACCOUNTS, "a name twice"},
        {HEAD "\"blockhash_blocks\":149," VALIDATORS ACCOUNTS,
         "blockhash_blocks"},
        {HEAD "\"blockhash_blocks\":6001," VALIDATORS ACCOUNTS,
         "blockhash_blocks"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct genesis g;
        assert_int_not_equal(parse(bad[i].json, &g), 0);
        if (!strstr(err_text(), bad[i].words))
            fail_msg("%s: %s", bad[i].words, err_text());
    }
}

static int end_all(void **state)
{
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_is_read_with_its_defaults),
        cmocka_unit_test(test_hash_is_of_the_meaning_not_the_text),
        cmocka_unit_test(
            test_files_without_blockhash_blocks_mean_what_they_did),
        cmocka_unit_test(test_a_minute_of_blocks_whatever_the_slots),
        cmocka_unit_test(test_written_genesis_reads_the_same),
        cmocka_unit_test(test_bad_files_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, end_all);
}
