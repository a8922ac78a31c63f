#include "test.h"

#include "base/error.h"
#include "crypto/address.h"
#include "crypto/hash.h"
#include "settlement/bank/program.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/well_known.h"

static const struct {
    enum task_instruction_kind kind;
    uint8_t index;
    size_t size;
} layouts[] = {
    {TASK_CREATE, 0, 433},
    {TASK_SUBMIT, 1, 521},
    {TASK_AUDIT_SUBMISSIONS, 2, 10},
    {TASK_AUDIT_DISTRIBUTION, 3, 10},
    {TASK_PAYOUT, 4, 9},
    {TASK_WHITELIST, 5, 2},
    {TASK_SET_ACTIVE, 6, 2},
    {TASK_CLAIM_REWARD, 7, 1},
    {TASK_FUND, 8, 9},
    {TASK_STAKE, 9, 73},
    {TASK_WITHDRAW, 10, 1},
    {TASK_UPLOAD_DISTRIBUTION_LIST, 11, 521},
    {TASK_SUBMIT_DISTRIBUTION_LIST, 12, 9},
    {TASK_UPDATE, 13, 425},
    {TASK_DELETE, 14, 1},
    {TASK_HANDLE_MANAGER_ACCOUNTS, 15, 25},
};

static struct kpl_instruction sample(enum task_instruction_kind kind)
{
    struct kpl_instruction in = {.task.kind = kind};
    switch (kind) {
    case TASK_CREATE:
    case TASK_UPDATE:
        in.task.terms.task_name = bytes_text("tokens");
        in.task.terms.allowed_failed_distributions = 3;
        memset(in.stake_pot_seed.bytes, 0x5a, 32);
        break;
    case TASK_SUBMIT:
        in.task.value = bytes_text("bafy");
        in.task.round = 4;
        break;
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
    case TASK_WHITELIST:
    case TASK_SET_ACTIVE:
        in.task.flag = true;
        break;
    case TASK_STAKE:
    case TASK_FUND:
        in.task.amount = 77;
        break;
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        in.task.operation = TASK_MANAGER_INSERT;
        break;
    default:
        break;
    }
    return in;
}

static void test_indexes_and_lengths_are_kpls(void **state)
{
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
        struct kpl_instruction in = sample(layouts[i].kind);
        struct kpl_instruction out;
        struct buffer data = {0};
        struct buffer again = {0};
        assert_ok(kpl_instruction_build(&in, &data));
        assert_int_equal(data.size, layouts[i].size);
        assert_int_equal(data.data[0], layouts[i].index);
        assert_ok(kpl_instruction_parse(buffer_view(&data), &arena, &out));
        assert_int_equal(out.task.kind, layouts[i].kind);
        assert_ok(kpl_instruction_build(&out, &again));
        assert_true(bytes_equal(buffer_view(&again), buffer_view(&data)));
        assert_int_equal(
            kpl_instruction_parse(bytes_make(data.data, data.size - 1), &arena,
                                  &out),
            ERR_INVALID);
        buffer_u8(&data, 0);
        assert_int_equal(
            kpl_instruction_parse(buffer_view(&data), &arena, &out),
            ERR_INVALID);
        buffer_free(&data);
        buffer_free(&again);
    }
    arena_free(&arena);
}

static void test_seed_stands_behind_the_terms(void **state)
{
    struct arena arena = {0};
    struct buffer data = {0};
    struct kpl_instruction in = sample(TASK_CREATE);
    struct kpl_instruction out;
    assert_ok(kpl_instruction_build(&in, &data));
    for (size_t i = 401; i < 433; i++)
        assert_int_equal(data.data[i], 0x5a);
    assert_ok(kpl_instruction_parse(buffer_view(&data), &arena, &out));
    assert_true(hash_equal(&out.stake_pot_seed, &in.stake_pot_seed));
    assert_int_equal(out.task.terms.allowed_failed_distributions, 3);
    arena_free(&arena);
    buffer_free(&data);
}

static void test_odd_indexes_and_flags_are_refused(void **state)
{
    struct arena arena = {0};
    struct kpl_instruction out;
    const uint8_t past_the_last[25] = {16};
    const uint8_t flag[2] = {6, 2};
    assert_int_equal(
        kpl_instruction_parse(bytes_make(past_the_last, 25), &arena, &out),
        ERR_INVALID);
    assert_int_equal(kpl_instruction_parse(bytes_make(flag, 2), &arena, &out),
                     ERR_INVALID);
    assert_int_equal(kpl_instruction_parse((struct bytes){0}, &arena, &out),
                     ERR_INVALID);
    arena_free(&arena);
}

static void test_authority_is_derived_from_the_pots_text(void **state)
{
    struct pubkey pot;
    struct pubkey expected;
    struct hash seed;
    uint8_t bump;
    assert_ok(pubkey_parse(
        bytes_text("stakepotaccounty3joR5z8jhAkQLrpvZZ1wJ4XPfLC"), &pot));
    hash_sha256(bytes_text("stakepotaccounty3joR5z8jhAkQLrpvZZ1wJ4XPfLC"),
                &seed);
    struct pubkey authority = kpl_instruction_pot_authority(&pot, &bump);
    const struct bytes seeds[2] = {bytes_make(seed.bytes, 32),
                                   bytes_make(&bump, 1)};
    assert_ok(address_create(seeds, 2, &KPL_TASK_PROGRAM_ID, &expected));
    assert_true(pubkey_equal(&authority, &expected));
    assert_false(pubkey_is_on_curve(&authority));
}

static void test_account_lists_follow_the_reference(void **state)
{
    static const struct {
        enum task_instruction_kind kind;
        size_t count;
        const char *flags; /* per account: s signs, w written, b both, - */
    } lists[] = {
        {TASK_CREATE, 10, "bwbbw-----"},
        {TASK_SUBMIT, 3, "wb-"},
        {TASK_AUDIT_SUBMISSIONS, 4, "wb--"},
        {TASK_AUDIT_DISTRIBUTION, 4, "wbw-"},
        {TASK_PAYOUT, 3, "w-w"},
        {TASK_WHITELIST, 3, "swb"},
        {TASK_SET_ACTIVE, 3, "wb-"},
        {TASK_CLAIM_REWARD, 6, "wbww--"},
        {TASK_FUND, 5, "wbww-"},
        {TASK_STAKE, 5, "wbww-"},
        {TASK_WITHDRAW, 3, "wb-"},
        {TASK_UPLOAD_DISTRIBUTION_LIST, 2, "wb"},
        {TASK_SUBMIT_DISTRIBUTION_LIST, 4, "wbb-"},
        {TASK_UPDATE, 12, "bwwwbbw-----"},
        {TASK_DELETE, 7, "wbw-ww-"},
        {TASK_HANDLE_MANAGER_ACCOUNTS, 4, "wbbw"},
    };
    struct kpl_parties parties;
    memset(&parties, 7, sizeof(parties));
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        struct account_meta out[KPL_ACCOUNTS_MAX];
        size_t count = kpl_instruction_accounts(
            lists[i].kind, TASK_MANAGER_REMOVE, &parties, out);
        assert_int_equal(count, lists[i].count);
        for (size_t a = 0; a < count; a++) {
            char flag = lists[i].flags[a];
            assert_int_equal(out[a].signer, flag == 's' || flag == 'b');
            assert_int_equal(out[a].writable, flag == 'w' || flag == 'b');
        }
    }
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indexes_and_lengths_are_kpls),
        cmocka_unit_test(test_seed_stands_behind_the_terms),
        cmocka_unit_test(test_odd_indexes_and_flags_are_refused),
        cmocka_unit_test(test_authority_is_derived_from_the_pots_text),
        cmocka_unit_test(test_account_lists_follow_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
