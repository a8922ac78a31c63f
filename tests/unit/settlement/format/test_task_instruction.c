#include "test.h"

#include "base/error.h"
#include "settlement/bank/program.h"
#include "settlement/format/account.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"

static void put(struct buffer *out, const char *text, size_t size)
{
    size_t length = strlen(text);
    buffer_text(out, text);
    memset(buffer_reserve(out, size - length), ' ', size - length);
    out->size += size - length;
}

/* The reference's CreateTask, field by field. */
static void build_create_by_hand(struct buffer *out)
{
    buffer_u8(out, 0);
    put(out, "Archive", 24);
    put(out, "keeps pages", 64);
    put(out, "bafyprogram", 64);
    put(out, "IPFS", 64);
    buffer_u64le(out, 5000);
    buffer_u64le(out, 100);
    buffer_u64le(out, 30);
    buffer_u64le(out, 10);
    buffer_u64le(out, 12);
    buffer_u64le(out, 7);
    put(out, "bafymetadata", 64);
    put(out, "", 64);
    buffer_u64le(out, 3);
}

static void test_create_parses_at_the_offsets_of_the_reference(void **state)
{
    struct buffer data = {0};
    struct task_instruction in;
    build_create_by_hand(&data);
    assert_int_equal(data.size, 401);
    assert_ok(task_instruction_parse(buffer_view(&data), &in));
    assert_int_equal(in.kind, TASK_CREATE);
    assert_true(bytes_equal(in.terms.task_name, bytes_text("Archive")));
    assert_true(
        bytes_equal(in.terms.task_executable_network, bytes_text("IPFS")));
    assert_int_equal(in.terms.total_bounty_amount, 5000);
    assert_int_equal(in.terms.bounty_amount_per_round, 100);
    assert_int_equal(in.terms.round_time, 30);
    assert_int_equal(in.terms.audit_window, 10);
    assert_int_equal(in.terms.submission_window, 12);
    assert_int_equal(in.terms.minimum_stake_amount, 7);
    assert_int_equal(in.terms.task_vars.size, 0);
    assert_int_equal(in.terms.allowed_failed_distributions, 3);
    struct buffer again = {0};
    assert_ok(task_instruction_build(&in, &again));
    assert_true(bytes_equal(buffer_view(&again), buffer_view(&data)));
    buffer_free(&again);
    buffer_free(&data);
}

static struct task_instruction sample(enum task_instruction_kind kind)
{
    struct task_instruction in = {.kind = kind};
    switch (kind) {
    case TASK_CREATE:
    case TASK_UPDATE:
        in.terms.task_name = bytes_text("n");
        in.terms.round_time = 9;
        break;
    case TASK_SUBMIT:
        in.value = bytes_text("bafy\xc3\xa9");
        in.round = 12;
        break;
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        in.flag = true;
        in.round = 12;
        break;
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        in.chunk.number = 300;
        in.chunk.data = bytes_text("{}");
        in.round = 12;
        break;
    case TASK_PAYOUT:
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        in.round = INT64_MAX;
        break;
    case TASK_WHITELIST:
    case TASK_SET_ACTIVE:
        in.flag = true;
        break;
    case TASK_FUND:
        in.amount = 77;
        break;
    case TASK_STAKE:
        in.amount = 77;
        in.ip_address = bytes_text("http://10.0.0.1:30017");
        break;
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        in.operation = TASK_MANAGER_REMOVE;
        break;
    default:
        break;
    }
    return in;
}

static const struct {
    enum task_instruction_kind kind;
    size_t size;
} sizes[] = {
    {TASK_CREATE, 401},
    {TASK_SUBMIT, 521},
    {TASK_AUDIT_SUBMISSIONS, 17},
    {TASK_AUDIT_DISTRIBUTION, 17},
    {TASK_PAYOUT, 9},
    {TASK_WHITELIST, 9},
    {TASK_SET_ACTIVE, 9},
    {TASK_CLAIM_REWARD, 1},
    {TASK_FUND, 9},
    {TASK_STAKE, 73},
    {TASK_WITHDRAW, 1},
    {TASK_UPLOAD_DISTRIBUTION_LIST, 521},
    {TASK_SUBMIT_DISTRIBUTION_LIST, 9},
    {TASK_UPDATE, 393},
    {TASK_DELETE, 1},
    {TASK_HANDLE_MANAGER_ACCOUNTS, 25},
};
#define KINDS (sizeof(sizes) / sizeof(*sizes))

static void test_every_instruction_has_its_exact_length(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct task_instruction in = sample(sizes[i].kind);
        struct task_instruction out;
        struct buffer data = {0};
        assert_ok(task_instruction_build(&in, &data));
        assert_int_equal(data.size, sizes[i].size);
        assert_int_equal(data.data[0], sizes[i].kind);
        assert_ok(task_instruction_parse(buffer_view(&data), &out));
        assert_int_equal(
            task_instruction_parse(bytes_make(data.data, data.size - 1), &out),
            ERR_INVALID);
        buffer_u8(&data, ' ');
        assert_int_equal(task_instruction_parse(buffer_view(&data), &out),
                         ERR_INVALID);
        buffer_free(&data);
    }
}

static void test_parsing_and_building_are_inverse(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct task_instruction in = sample(sizes[i].kind);
        struct task_instruction out;
        struct buffer first = {0};
        struct buffer second = {0};
        assert_ok(task_instruction_build(&in, &first));
        assert_ok(task_instruction_parse(buffer_view(&first), &out));
        assert_ok(task_instruction_build(&out, &second));
        assert_true(bytes_equal(buffer_view(&first), buffer_view(&second)));
        buffer_free(&first);
        buffer_free(&second);
    }
}

static void test_unknown_indexes_are_refused(void **state)
{
    struct task_instruction out;
    uint8_t data[600] = {13};
    assert_int_equal(task_instruction_parse(bytes_make(data, 1), &out),
                     ERR_INVALID);
    data[0] = 17;
    assert_int_equal(task_instruction_parse(bytes_make(data, 9), &out),
                     ERR_INVALID);
    assert_int_equal(task_instruction_parse(bytes_make(data, 0), &out),
                     ERR_INVALID);
}

static void test_negative_numbers_and_odd_flags_are_refused(void **state)
{
    struct task_instruction out;
    uint8_t payout[9] = {TASK_PAYOUT};
    uint8_t active[9] = {TASK_SET_ACTIVE};
    u64le_write(payout + 1, (uint64_t)-1);
    assert_int_equal(task_instruction_parse(bytes_make(payout, 9), &out),
                     ERR_INVALID);
    u64le_write(active + 1, 2);
    assert_int_equal(task_instruction_parse(bytes_make(active, 9), &out),
                     ERR_INVALID);
    u64le_write(active + 1, 1);
    assert_ok(task_instruction_parse(bytes_make(active, 9), &out));
    assert_true(out.flag);
}

static void test_chunk_of_another_size_is_refused(void **state)
{
    struct task_instruction out;
    uint8_t data[521] = {TASK_UPLOAD_DISTRIBUTION_LIST};
    u16le_write(data + 3, 507);
    assert_int_equal(task_instruction_parse(bytes_make(data, 521), &out),
                     ERR_INVALID);
    u16le_write(data + 3, 508);
    assert_ok(task_instruction_parse(bytes_make(data, 521), &out));
    assert_int_equal(out.chunk.data.size, 508);
}

static void test_text_longer_than_its_field_is_refused(void **state)
{
    char text[TASK_SUBMISSION_SIZE + 2];
    struct buffer data = {0};
    memset(text, 'x', sizeof(text));
    struct task_instruction in = {.kind = TASK_SUBMIT};
    in.value = bytes_make(text, TASK_SUBMISSION_SIZE + 1);
    assert_int_equal(task_instruction_build(&in, &data), ERR_LIMIT);
    assert_int_equal(data.size, 0);
    in.value = bytes_make(text, TASK_SUBMISSION_SIZE);
    assert_ok(task_instruction_build(&in, &data));
    in.value = bytes_make("\xff", 1);
    assert_int_equal(task_instruction_build(&in, &data), ERR_INVALID);
    in = (struct task_instruction){.kind = TASK_FUND, .amount = 1ull << 63};
    assert_int_equal(task_instruction_build(&in, &data), ERR_RANGE);
    buffer_free(&data);
}

static void test_account_lists_follow_the_reference(void **state)
{
    struct account_meta list[TASK_ACCOUNTS_MAX];
    struct task_parties parties;
    memset(&parties, 7, sizeof(parties));
    memset(&parties.actor, 8, sizeof(parties.actor));
    assert_int_equal(task_instruction_accounts(TASK_CREATE, 0, &parties, list),
                     4);
    assert_true(pubkey_equal(&list[0].key, &parties.actor));
    assert_true(list[0].signer && list[0].writable);
    assert_true(list[1].signer && list[1].writable);
    assert_true(!list[2].signer && list[2].writable);
    assert_true(pubkey_equal(&list[3].key, &CLOCK_SYSVAR_ID));
    assert_int_equal(task_instruction_accounts(TASK_DELETE, 0, &parties, list),
                     5);
    assert_true(pubkey_equal(&list[3].key, &task_address_burn));
    struct pubkey managers = task_address_manager_list();
    assert_true(pubkey_equal(&list[4].key, &managers));
    assert_int_equal(task_instruction_accounts(TASK_HANDLE_MANAGER_ACCOUNTS,
                                               TASK_MANAGER_INIT, &parties,
                                               list),
                     2);
    assert_int_equal(task_instruction_accounts(TASK_HANDLE_MANAGER_ACCOUNTS,
                                               TASK_MANAGER_INSERT, &parties,
                                               list),
                     4);
    assert_int_equal(task_instruction_accounts(TASK_UPDATE, 0, &parties, list),
                     6);
}

static void test_stake_pots_are_named_so_and_on_the_curve(void **state)
{
    struct pubkey pot;
    task_address_stake_pot_generate(&pot);
    assert_memory_equal(PUBKEY_TEXT(&pot), "stakepotaccount", 15);
    assert_true(pubkey_is_on_curve(&pot));
    assert_true(task_address_is_stake_pot(&pot));
    assert_false(task_address_is_stake_pot(&task_address_burn));
    assert_ok(pubkey_parse(
        bytes_text("stakepotaccounty3joR5z8jhAkQLrpvZZ1wJ4XPfLC"), &pot));
    assert_true(task_address_is_stake_pot(&pot));
}

static void test_addresses_are_those_of_the_reference(void **state)
{
    assert_string_equal(PUBKEY_TEXT(&KOII_TASK_PROGRAM_ID),
                        "Koiitask22222222222222222222222222222222222");
    assert_string_equal(PUBKEY_TEXT(&task_address_burn),
                        "BurnToken2222222222222222222222222222222222");
}

static void test_costs_are_those_of_koiis_clients(void **state)
{
    assert_int_equal(task_instruction_create_lamports(15000), 105291880);
    assert_int_equal(task_instruction_stake_lamports(), 1128 * 6960 + 10000);
    assert_int_equal(task_instruction_fund_lamports(), 228 * 6960 + 1000);
    assert_true(TASK_STAKE_POT_LAMPORTS >= rent_minimum_balance(0));
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_parses_at_the_offsets_of_the_reference),
        cmocka_unit_test(test_every_instruction_has_its_exact_length),
        cmocka_unit_test(test_parsing_and_building_are_inverse),
        cmocka_unit_test(test_unknown_indexes_are_refused),
        cmocka_unit_test(test_negative_numbers_and_odd_flags_are_refused),
        cmocka_unit_test(test_chunk_of_another_size_is_refused),
        cmocka_unit_test(test_text_longer_than_its_field_is_refused),
        cmocka_unit_test(test_account_lists_follow_the_reference),
        cmocka_unit_test(test_stake_pots_are_named_so_and_on_the_curve),
        cmocka_unit_test(test_addresses_are_those_of_the_reference),
        cmocka_unit_test(test_costs_are_those_of_koiis_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
