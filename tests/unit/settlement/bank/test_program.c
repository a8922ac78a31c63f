/*
 * The rules that programs run under, through the calls that programs make.
 * Accounts and context are made by hand, and the program is made up.
 */
#include "test.h"

#include "base/error.h"
#include "settlement/bank/transaction_context.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/system_program.h"
#include "settlement/table/program_table.h"

enum {
    OWN,       /* the program's, writable */
    OWN_FIXED, /* the program's, read-only */
    OTHER,     /* another program's, writable */
    PERSON,    /* System's, writable, signs */
    FRESH,     /* does not exist yet, writable */
    FRESH_FIXED,
    EXECUTABLE, /* the program's, writable, executable */
    COUNT,
};

static const struct pubkey program_id = {{42}};
static const struct pubkey other_id = {{43}};

static struct arena arena;
static struct environment environment;
static struct loaded_account accounts[COUNT];
static struct invocation_account places[COUNT];
static struct transaction_context context;
static struct transaction_log log_lines;
static struct invocation invocation;
static uint8_t stored[COUNT][100];

static void make_account(size_t index, const struct pubkey *owner,
                         uint64_t lamports, uint64_t space, bool writable)
{
    memset(stored[index], 7, sizeof(stored[index]));
    accounts[index] = (struct loaded_account){.key = {{(uint8_t)(index + 1)}},
                                              .owner = *owner,
                                              .lamports = lamports,
                                              .space = space,
                                              .data = stored[index],
                                              .writable = writable};
    places[index] = (struct invocation_account){.index = (uint8_t)index,
                                                .writable = writable};
}

static int setup(void **state)
{
    make_account(OWN, &program_id, 1000, 100, true);
    make_account(OWN_FIXED, &program_id, 1000, 100, false);
    make_account(OTHER, &other_id, 1000, 100, true);
    make_account(PERSON, &SYSTEM_PROGRAM_ID, 1000, 0, true);
    make_account(FRESH, &SYSTEM_PROGRAM_ID, 0, 0, true);
    make_account(FRESH_FIXED, &SYSTEM_PROGRAM_ID, 0, 0, false);
    make_account(EXECUTABLE, &program_id, 1000, 100, true);
    accounts[PERSON].signer = places[PERSON].signer = true;
    accounts[EXECUTABLE].executable = true;
    log_lines = (struct transaction_log){0};
    context = (struct transaction_context){.environment = &environment,
                                           .programs = &program_table,
                                           .arena = &arena,
                                           .accounts = accounts,
                                           .account_count = COUNT,
                                           .log = &log_lines,
                                           .compute_limit = 10000};
    invocation = (struct invocation){.environment = &environment,
                                     .arena = &arena,
                                     .program = program_id,
                                     .depth = 1,
                                     .context = &context,
                                     .accounts = places,
                                     .account_count = COUNT};
    return 0;
}

static int teardown(void **state)
{
    arena_free(&arena);
    return 0;
}

static void test_only_the_owner_debits_but_anybody_credits(void **state)
{
    assert_int_equal(invocation_move(&invocation, OWN, PERSON, 100), 0);
    assert_int_equal(accounts[OWN].lamports, 900);
    assert_int_equal(accounts[PERSON].lamports, 1100);
    assert_true(accounts[OWN].changed && accounts[PERSON].changed);
    assert_true(context.lamport_change == 0);
    assert_int_equal(invocation_move(&invocation, OTHER, OWN, 1),
                     INSTRUCTION_EXTERNAL_ACCOUNT_LAMPORT_SPEND);
    assert_int_equal(invocation_move(&invocation, PERSON, OWN, 1),
                     INSTRUCTION_EXTERNAL_ACCOUNT_LAMPORT_SPEND);
    assert_int_equal(invocation_move(&invocation, OWN, OTHER, 901),
                     INSTRUCTION_INSUFFICIENT_FUNDS);
}

static void test_read_only_accounts_keep_their_lamports(void **state)
{
    assert_int_equal(invocation_credit(&invocation, OWN_FIXED, 1),
                     INSTRUCTION_READONLY_LAMPORT_CHANGE);
    assert_int_equal(invocation_debit(&invocation, OWN_FIXED, 1),
                     INSTRUCTION_READONLY_LAMPORT_CHANGE);
    assert_int_equal(invocation_credit(&invocation, OWN, UINT64_MAX),
                     INSTRUCTION_ARITHMETIC_OVERFLOW);
    assert_int_equal(accounts[OWN].lamports, 1000);
}

/* SIMD-0162. */
static void test_an_executable_account_is_one_like_others(void **state)
{
    assert_int_equal(invocation_move(&invocation, OWN, EXECUTABLE, 1), 0);
    assert_int_equal(accounts[EXECUTABLE].lamports, 1001);
    assert_int_equal(
        invocation_write(&invocation, EXECUTABLE, 0, bytes_text("hello")), 0);
}

static void test_move_to_oneself_changes_nothing(void **state)
{
    assert_int_equal(invocation_move(&invocation, OWN, OWN, 1000), 0);
    assert_int_equal(accounts[OWN].lamports, 1000);
    assert_true(context.lamport_change == 0);
}

static void test_only_the_owner_writes(void **state)
{
    struct bytes text = bytes_text("hello");
    assert_int_equal(invocation_write(&invocation, OTHER, 0, text),
                     INSTRUCTION_EXTERNAL_ACCOUNT_DATA_MODIFIED);
    assert_int_equal(invocation_write(&invocation, OWN_FIXED, 0, text),
                     INSTRUCTION_READONLY_DATA_MODIFIED);
    assert_int_equal(invocation_write(&invocation, OWN, 96, text),
                     INSTRUCTION_ACCOUNT_DATA_TOO_SMALL);
    assert_int_equal(invocation_write(&invocation, OWN, SIZE_MAX, text),
                     INSTRUCTION_ACCOUNT_DATA_TOO_SMALL);
    assert_int_equal(invocation_write(&invocation, OWN, 95, text), 0);
    assert_memory_equal(invocation_data(&invocation, OWN).data + 95, "hello",
                        5);
    /* Loaded data is the state's own memory and must not change. */
    assert_int_equal(stored[OWN][95], 7);
}

static void test_growth_is_zeroed_and_limited(void **state)
{
    assert_int_equal(invocation_resize(&invocation, OWN, 50), 0);
    assert_int_equal(invocation_resize(&invocation, OWN, 80), 0);
    struct bytes data = invocation_data(&invocation, OWN);
    assert_int_equal(data.size, 80);
    assert_int_equal(data.data[49], 7);
    for (size_t i = 50; i < 80; i++)
        assert_int_equal(data.data[i], 0);
    assert_int_equal(context.data_growth, -20);
    assert_int_equal(
        invocation_resize(&invocation, OWN, ACCOUNT_DATA_SIZE_MAX + 1),
        INSTRUCTION_INVALID_REALLOC);
    assert_int_equal(invocation_resize(&invocation, OTHER, 10),
                     INSTRUCTION_ACCOUNT_DATA_SIZE_CHANGED);
    assert_int_equal(invocation_resize(&invocation, OWN_FIXED, 10),
                     INSTRUCTION_READONLY_DATA_MODIFIED);
    context.data_growth = ACCOUNTS_DATA_GROWTH_MAX - 10;
    assert_int_equal(invocation_resize(&invocation, OWN, 91),
                     INSTRUCTION_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED);
    assert_int_equal(invocation_resize(&invocation, OWN, 90), 0);
}

static void test_only_an_empty_account_changes_hands(void **state)
{
    assert_int_equal(invocation_set_owner(&invocation, OWN, &other_id),
                     INSTRUCTION_MODIFIED_PROGRAM_ID); /* has data */
    assert_int_equal(invocation_set_owner(&invocation, OTHER, &program_id),
                     INSTRUCTION_MODIFIED_PROGRAM_ID);
    assert_int_equal(invocation_resize(&invocation, OWN, 0), 0);
    assert_int_equal(invocation_resize(&invocation, OWN, 30), 0);
    assert_int_equal(invocation_set_owner(&invocation, OWN, &other_id), 0);
    assert_int_equal(invocation_debit(&invocation, OWN, 1),
                     INSTRUCTION_EXTERNAL_ACCOUNT_LAMPORT_SPEND);
}

static void test_account_nobody_signs_for_is_adopted_only_fresh(void **state)
{
    assert_int_equal(invocation_adopt(&invocation, PERSON),
                     INSTRUCTION_INVALID_ACCOUNT_OWNER);
    assert_int_equal(invocation_adopt(&invocation, OTHER),
                     INSTRUCTION_INVALID_ACCOUNT_OWNER);
    assert_int_equal(invocation_adopt(&invocation, FRESH_FIXED),
                     INSTRUCTION_READONLY_DATA_MODIFIED);
    assert_int_equal(invocation_adopt(&invocation, FRESH), 0);
    assert_true(pubkey_equal(&accounts[FRESH].owner, &program_id));
    assert_int_equal(invocation_move(&invocation, OWN, FRESH, 500), 0);
    assert_int_equal(invocation_move(&invocation, FRESH, OWN, 500), 0);
}

static void test_rendered_account_has_space_but_no_data(void **state)
{
    assert_int_equal(invocation_set_rendered(&invocation, OTHER),
                     INSTRUCTION_EXTERNAL_ACCOUNT_DATA_MODIFIED);
    assert_int_equal(invocation_set_rendered(&invocation, OWN), 0);
    assert_int_equal(invocation_data(&invocation, OWN).size, 0);
    assert_int_equal(accounts[OWN].space, 100);
    assert_int_equal(invocation_write(&invocation, OWN, 0, bytes_text("hello")),
                     INSTRUCTION_ACCOUNT_DATA_TOO_SMALL);
    assert_int_equal(invocation_resize(&invocation, OWN, 5000), 0);
    assert_int_equal(accounts[OWN].space, 5000);
    assert_int_equal(invocation_set_owner(&invocation, OWN, &other_id),
                     INSTRUCTION_MODIFIED_PROGRAM_ID);
}

static void test_system_transfer_needs_the_sources_signature(void **state)
{
    assert_int_equal(invocation_system_transfer(&invocation, PERSON, OWN, 400),
                     0);
    assert_int_equal(accounts[OWN].lamports, 1400);
    assert_int_equal(invocation_system_transfer(&invocation, PERSON, OWN, 601),
                     INSTRUCTION_CUSTOM);
    assert_int_equal(context.custom,
                     SYSTEM_ERROR_RESULT_WITH_NEGATIVE_LAMPORTS);
    assert_int_equal(invocation_system_transfer(&invocation, OWN, PERSON, 1),
                     INSTRUCTION_MISSING_REQUIRED_SIGNATURE);
    places[PERSON].signer = false;
    assert_int_equal(invocation_system_transfer(&invocation, PERSON, OWN, 1),
                     INSTRUCTION_MISSING_REQUIRED_SIGNATURE);
}

static void test_call_may_not_exceed_its_callers_rights(void **state)
{
    const struct invocation_account transfer[2] = {
        {.index = OWN, .signer = true, .writable = true},
        {.index = PERSON, .writable = true}};
    uint8_t data[12] = {SYSTEM_TRANSFER};
    assert_int_equal(invocation_call(&invocation, &SYSTEM_PROGRAM_ID, transfer,
                                     2, bytes_make(data, 12), NULL),
                     INSTRUCTION_PRIVILEGE_ESCALATION);
    const struct invocation_account fixed = {.index = OWN_FIXED,
                                             .writable = true};
    assert_int_equal(invocation_call(&invocation, &SYSTEM_PROGRAM_ID, &fixed, 1,
                                     bytes_make(data, 12), NULL),
                     INSTRUCTION_PRIVILEGE_ESCALATION);
    const struct invocation_account person = {
        .index = PERSON, .signer = true, .writable = true};
    assert_int_equal(invocation_call(&invocation, &SYSTEM_PROGRAM_ID, &person,
                                     1, bytes_make(data, 12), NULL),
                     INSTRUCTION_MISSING_ACCOUNT); /* not in the list */
}

static void test_depth_trace_and_units_are_limited(void **state)
{
    uint8_t data[12] = {SYSTEM_TRANSFER};
    struct bytes transfer = bytes_make(data, sizeof(data));
    assert_int_equal(transaction_context_run(&context, &SYSTEM_PROGRAM_ID,
                                             places + PERSON, 2, transfer,
                                             INSTRUCTION_DEPTH_MAX + 1),
                     INSTRUCTION_CALL_DEPTH);
    context.compute_limit = 64 * system_program.compute_units;
    for (int i = 0; i < INSTRUCTION_TRACE_MAX; i++)
        assert_int_equal(transaction_context_run(&context, &SYSTEM_PROGRAM_ID,
                                                 places + PERSON, 2, transfer,
                                                 1),
                         0);
    assert_int_equal(transaction_context_run(&context, &SYSTEM_PROGRAM_ID,
                                             places + PERSON, 2, transfer, 1),
                     INSTRUCTION_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED);
    context.instructions_run = 0;
    assert_int_equal(transaction_context_run(&context, &SYSTEM_PROGRAM_ID,
                                             places + PERSON, 2, transfer, 1),
                     INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED);
    assert_int_equal(context.compute_used, context.compute_limit);
}

static void test_log_is_cut_where_it_gets_too_long(void **state)
{
    char text[300];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    for (int i = 0; i < 100; i++)
        invocation_log(&invocation, "%s", text);
    assert_true(log_lines.truncated);
    assert_true(log_lines.count < 40);
    assert_true(bytes_equal(log_lines.lines[log_lines.count - 1],
                            bytes_text("Log truncated")));
    assert_true(
        bytes_begin_with(log_lines.lines[0], bytes_text("Program log: xxx")));
    /* Without a log nothing is written, and nothing breaks. */
    context.log = NULL;
    invocation_log(&invocation, "%s", text);
}

static void test_programs_know_their_ids_text(void **state)
{
    for (size_t i = 0; i < program_table.count; i++)
        assert_string_equal(program_table.programs[i]->text,
                            PUBKEY_TEXT(program_table.programs[i]->id));
    transaction_context_run(&context, &accounts[OWN].key, places, 0,
                            (struct bytes){0}, 1);
    struct buffer line = {0};
    buffer_format(&line, "Program %s invoke [1]",
                  PUBKEY_TEXT(&accounts[OWN].key));
    assert_true(bytes_equal(log_lines.lines[0], buffer_view(&line)));
    buffer_free(&line);
}

static void test_a_list_of_too_few_accounts_is_an_error(void **state)
{
    assert_int_equal(invocation_require(&invocation, COUNT), 0);
    assert_int_equal(invocation_require(&invocation, COUNT + 1),
                     INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS);
    assert_null(invocation_account(&invocation, COUNT));
    assert_false(invocation_is_signer(&invocation, COUNT));
    assert_false(invocation_is_writable(&invocation, COUNT));
    assert_true(invocation_signed_by(&invocation, &accounts[PERSON].key));
    assert_false(invocation_signed_by(&invocation, &accounts[OWN].key));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_the_owner_debits_but_anybody_credits),
        TEST(test_read_only_accounts_keep_their_lamports),
        TEST(test_an_executable_account_is_one_like_others),
        TEST(test_move_to_oneself_changes_nothing),
        TEST(test_only_the_owner_writes),
        TEST(test_growth_is_zeroed_and_limited),
        TEST(test_only_an_empty_account_changes_hands),
        TEST(test_account_nobody_signs_for_is_adopted_only_fresh),
        TEST(test_rendered_account_has_space_but_no_data),
        TEST(test_system_transfer_needs_the_sources_signature),
        TEST(test_call_may_not_exceed_its_callers_rights),
        TEST(test_depth_trace_and_units_are_limited),
        TEST(test_log_is_cut_where_it_gets_too_long),
        TEST(test_programs_know_their_ids_text),
        TEST(test_a_list_of_too_few_accounts_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
