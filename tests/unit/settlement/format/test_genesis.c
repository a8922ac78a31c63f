#include "test.h"

#include "base/error.h"
#include "consensus/validator_set.h"
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

/* ---- Form 2 ---- */

#define KEY_C "11111111111111111111111111111112"
#define SECOND "{\"form\":2," REST
#define REST                                                                   \
    "\"creation_unix_ms\":1760000000000,\"slot_ms\":400,"                      \
    "\"ticks_per_slot\":64,\"hashes_per_tick\":0,"
#define STAKE "\"stake\":2000000000"
#define FIRST "{\"identity\":\"" KEY_A "\"," STAKE "}"
#define TWO "\"validators\":[" FIRST ",{\"identity\":\"" KEY_B "\"," STAKE "}],"

static void test_second_form_is_read_with_its_defaults(void **unused)
{
    struct genesis g;
    assert_ok(parse(SECOND TWO ACCOUNTS, &g));
    assert_int_equal(g.form, 2);
    assert_int_equal(genesis_blockhash_blocks(&g), 150);
    assert_int_equal(genesis_slots_per_epoch(&g), 432000);
    assert_int_equal(genesis_delta_ms(&g), 250);
    assert_int_equal(genesis_block_bytes(&g), 8 << 20);
    assert_int_equal(genesis_block_transactions(&g), 131072);
    assert_int_equal(g.minimum_stake, 1000000000);
    assert_int_equal(g.penalty_percent, 1);
    assert_int_equal(g.penalty_factor, 3);
    const struct genesis_validator *second = &g.validators[1];
    assert_true(pubkey_equal(&second->vote_account, &second->identity));
    assert_true(pubkey_equal(&second->voter, &second->identity));
    assert_true(pubkey_equal(&second->withdrawer, &second->identity));
    assert_int_equal(second->commission, 0);
    assert_int_equal(second->address_count, 0);
    assert_ok(parse(SECOND "\"validators\":[" FIRST "]," ACCOUNTS, &g));
    assert_int_equal(genesis_block_bytes(&g), 64 << 20);
}

#define FULL(more, role)                                                       \
    "{\"form\":2," more "\"validators\":[" FIRST ",{\"identity\":\"" KEY_B     \
    "\"," STAKE "," role                                                       \
    "\"addresses\":[\"a.example:1\",\"[::1]:65535\"]}]," REST ACCOUNTS

/* Each field counts, but for the addresses. */
static void test_second_form_is_written_and_its_hash_is_of_all(void **unused)
{
    static const char *const files[] = {
        FULL("", ""),
        FULL("\"slots_per_epoch\":64,", ""),
        FULL("\"delta_ms\":50,", ""),
        FULL("\"block_bytes\":1048576,", ""),
        FULL("\"block_transactions\":2000,", ""),
        FULL("\"minimum_stake\":0,", ""),
        FULL("\"penalty_percent\":0,", ""),
        FULL("\"penalty_factor\":0,", ""),
        FULL("\"blockhash_blocks\":151,", ""),
        FULL("\"faucet\":\"" KEY_A "\",", ""),
        FULL("", "\"vote_account\":\"" KEY_C "\","),
        FULL("", "\"voter\":\"" KEY_C "\","),
        FULL("", "\"withdrawer\":\"" KEY_C "\","),
        FULL("", "\"commission\":100,"),
    };
    enum { COUNT = sizeof(files) / sizeof(*files) };
    struct genesis all[COUNT], back, plain;
    for (size_t i = 0; i < COUNT; i++) {
        struct buffer text = {0};
        assert_ok(parse(files[i], &all[i]));
        for (size_t k = 0; k < i; k++)
            assert_false(hash_equal(&all[i].hash, &all[k].hash));
        genesis_write(&all[i], &text);
        assert_ok(parse(buffer_string(&text), &back));
        assert_true(hash_equal(&all[i].hash, &back.hash));
        assert_string_equal(back.validators[1].addresses[1], "[::1]:65535");
        buffer_free(&text);
    }
    assert_ok(parse(SECOND TWO ACCOUNTS, &plain));
    assert_true(hash_equal(&plain.hash, &all[0].hash));
    assert_int_equal(genesis_slots_per_epoch(&all[1]), 64);
    assert_int_equal(all[5].minimum_stake, 0);
    assert_int_equal(all[13].validators[1].commission, 100);
}

static void test_validators_are_a_set_in_the_order_of_the_file(void **unused)
{
    struct genesis g;
    struct hash first, second;
    assert_ok(parse(FULL("", "\"voter\":\"" KEY_C "\","), &g));
    struct validator_set *set = genesis_validator_set(&g, 0);
    assert_int_equal(validator_set_count(set), 2);
    assert_int_equal(validator_set_stake(set), 4000000000);
    const struct validator *at = validator_set_at(set, 1);
    assert_true(pubkey_equal(&at->identity, &g.validators[1].identity));
    assert_true(pubkey_equal(&at->voter, &g.validators[1].voter));
    assert_false(pubkey_equal(&at->voter, &at->identity));
    validator_set_hash(set, &first);
    validator_set_free(set);
    set = genesis_validator_set(&g, 1);
    validator_set_hash(set, &second);
    assert_false(hash_equal(&first, &second));
    validator_set_free(set);
}

static void test_bad_second_forms_are_refused_by_name(void **unused)
{
    const struct {
        const char *json;
        const char *words;
    } bad[] = {
        {"{\"form\":3," REST TWO ACCOUNTS, "form 3 is not known"},
        {"{\"form\":0," REST TWO ACCOUNTS, "form 0 is not known"},
        {"{\"form\":\"2\"," REST TWO ACCOUNTS, "form"},
        {"{" REST TWO ACCOUNTS, "more than one need \"form\": 2"},
        {HEAD "\"delta_ms\":50," VALIDATORS ACCOUNTS, "add \"form\": 2"},
        {HEAD "\"validators\":[{\"identity\":\"" KEY_A
              "\",\"stake\":5,\"commission\":5}]," ACCOUNTS,
         "commission is of form 2"},
        {"{\"form\":2," TWO "\"creation_unix_ms\":1,\"slot_ms\":400,"
         "\"ticks_per_slot\":64,\"hashes_per_tick\":2," ACCOUNTS,
         "with several validators it must be 0"},
        {FULL("\"slots_per_epoch\":28,", ""), "slots_per_epoch"},
        {FULL("\"slots_per_epoch\":66,", ""), "a multiple of 4"},
        {FULL("\"slots_per_leader\":8,", ""), "slots_per_leader"},
        {FULL("\"delta_ms\":0,", ""), "delta_ms"},
        {FULL("\"block_bytes\":67108865,", ""), "block_bytes"},
        {FULL("\"block_bytes\":1,", ""), "block_bytes"},
        {FULL("\"block_bytes\":8388609,", ""),
         "with several validators it is at most 8388608"},
        {"{\"form\":2," TWO
         "\"creation_unix_ms\":253402300800000,\"slot_ms\":400,"
         "\"ticks_per_slot\":64,\"hashes_per_tick\":0," ACCOUNTS,
         "creation_unix_ms"},
        {FULL("\"block_transactions\":1,", ""), "block_transactions"},
        {FULL("\"minimum_stake\":3000000000,", ""), "stake"},
        {FULL("\"inflation_percent\":5,", ""), "makes no new coins"},
        {FULL("\"penalty_percent\":101,", ""), "penalty_percent"},
        {FULL("\"penalty_factor\":101,", ""), "penalty_factor"},
        {FULL("", "\"commission\":101,"), "commission"},
        {FULL("", "\"voter\":\"" KEY_A "\","), "vote with one key"},
        {FULL("", "\"vote_account\":\"" KEY_A "\","), "vote_account"},
        {SECOND "\"validators\":[" FIRST "," FIRST "]," ACCOUNTS,
         "vote_account"},
        {SECOND "\"validators\":[{\"identity\":\"" KEY_A
                "\",\"stake\":4611686018427387904}]," ACCOUNTS,
         "stakes"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct genesis g;
        if (!parse(bad[i].json, &g))
            fail_msg("%s was taken", bad[i].words);
        if (!strstr(err_text(), bad[i].words))
            fail_msg("%s: %s", bad[i].words, err_text());
    }
}

static void test_addresses_of_other_forms_are_refused(void **unused)
{
    static const char *const bad[] = {
        "\"a\"",
        "\"a:\"",
        "\":1\"",
        "\"a:0\"",
        "\"a:65536\"",
        "\"a:1x\"",
        "\"a b:1\"",
        "\"::1:80\"",
        "\"[::1:80\"",
        "\"[a]:1\"",
        "\"u@h:1\"",
        "\"http://h:1\"",
        "\"a:000001\"",
        "5",
        "\"a:1\",\"b:1\",\"c:1\",\"d:1\",\"e:1\""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct genesis g;
        struct buffer text = {0};
        buffer_format(&text,
                      SECOND "\"validators\":[{\"identity\":\"" KEY_A
                             "\"," STAKE ",\"addresses\":[%s]}]," ACCOUNTS,
                      bad[i]);
        if (!parse(buffer_string(&text), &g))
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strstr(err_text(), "addresses"));
        buffer_free(&text);
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
        cmocka_unit_test(test_second_form_is_read_with_its_defaults),
        cmocka_unit_test(test_second_form_is_written_and_its_hash_is_of_all),
        cmocka_unit_test(test_validators_are_a_set_in_the_order_of_the_file),
        cmocka_unit_test(test_bad_second_forms_are_refused_by_name),
        cmocka_unit_test(test_addresses_of_other_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, end_all);
}
