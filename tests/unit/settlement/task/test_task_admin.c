#include "test.h"

#include "settlement/format/system_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"
#include "settlement/task/task_managers.h"
#include "settlement/task/task_render.h"
#include "task_fixture.h"

#define KOII LAMPORTS_PER_KOII

static int setup(void **state)
{
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

static struct transaction_status create(struct task_fixture *f)
{
    return task_fixture_create(f, &f->terms, &f->task, &f->pot,
                               TASK_FIXTURE_SPACE);
}

/* ---- CreateTask ---- */

static void test_bounty_moves_from_the_payer_to_the_pot(void **state)
{
    struct task_fixture *f = *state;
    uint64_t payer = task_fixture_lamports(f, &f->payer);
    assert_done(create(f));
    assert_int_equal(task_fixture_lamports(f, &f->pot),
                     f->terms.total_bounty_amount + TASK_STAKE_POT_LAMPORTS);
    struct task_header header = task_fixture_header(f);
    assert_true(header.is_active);
    assert_false(header.is_allowlisted);
    assert_int_equal(header.starting_slot, bank_info(f->bank)->slot);
    assert_int_equal(header.space, TASK_FIXTURE_SPACE);
    assert_true(pubkey_equal(&header.task_manager, &f->payer));
    assert_true(task_fixture_lamports(f, &f->payer) <
                payer - f->terms.total_bounty_amount);
}

static void test_terms_that_cannot_be_are_refused(void **state)
{
    struct task_fixture *f = *state;
    f->terms.audit_window =
        f->terms.round_time - f->terms.submission_window + 1;
    assert_custom(create(f), TASK_ERROR_WRONG_TERMS);
    f->terms.audit_window--;
    f->terms.bounty_amount_per_round = f->terms.total_bounty_amount = 0;
    assert_custom(create(f), TASK_ERROR_WRONG_TERMS);
    f->terms.total_bounty_amount = 100 * KOII;
    f->terms.bounty_amount_per_round = f->terms.total_bounty_amount + 1;
    assert_custom(create(f), TASK_ERROR_WRONG_TERMS);
    f->terms.bounty_amount_per_round--;
    f->terms.round_time = f->terms.audit_window = f->terms.submission_window =
        0;
    assert_custom(create(f), TASK_ERROR_WRONG_TERMS);
    f->terms.round_time = f->terms.audit_window = f->terms.submission_window =
        INT64_MAX;
    assert_custom(create(f), TASK_ERROR_WRONG_TERMS);
    f->terms = task_fixture_terms();
    f->terms.audit_window = f->terms.round_time - f->terms.submission_window;
    assert_done(create(f));
}

static void test_pot_must_be_one_and_fresh(void **state)
{
    struct task_fixture *f = *state;
    struct pubkey pot = f->pot;
    struct pubkey second = task_fixture_key(4);
    f->pot = task_fixture_key(5);
    assert_custom(create(f), TASK_ERROR_WRONG_STAKE_POT);
    f->pot = pot;
    assert_done(create(f));
    assert_refused(
        task_fixture_create(f, &f->terms, &second, &pot, TASK_FIXTURE_SPACE),
        INSTRUCTION_INVALID_ACCOUNT_OWNER);
}

static void test_existing_task_is_not_created_again(void **state)
{
    struct task_fixture *f = *state;
    struct pubkey pot = task_fixture_pot(9);
    assert_done(create(f));
    assert_refused(
        task_fixture_run(
            f,
            &(struct task_instruction){.kind = TASK_CREATE, .terms = f->terms},
            &(struct task_parties){.actor = f->payer, .stake_pot = pot}),
        INSTRUCTION_INVALID_ACCOUNT_DATA);
}

static void test_account_without_room_is_refused(void **state)
{
    struct task_fixture *f = *state;
    assert_refused(task_fixture_create(f, &f->terms, &f->task, &f->pot, 800),
                   INSTRUCTION_ACCOUNT_DATA_TOO_SMALL);
}

/* ---- UpdateTask ---- */

static struct transaction_status update(struct task_fixture *f,
                                        const struct pubkey *actor,
                                        const struct pubkey *task,
                                        const struct pubkey *pot)
{
    const struct task_instruction instruction = {.kind = TASK_UPDATE,
                                                 .terms = f->terms};
    const struct task_parties parties = {.task = f->task,
                                         .stake_pot = f->pot,
                                         .actor = *actor,
                                         .new_task = *task,
                                         .new_stake_pot = *pot};
    const struct account_meta new_account[2] = {{f->payer, true, true},
                                                {*task, true, true}};
    const struct account_meta to_pot[2] = {{f->payer, true, true},
                                           {*pot, false, true}};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data[3] = {{0}};
    assert_int_equal(task_instruction_build(&instruction, &data[0]), 0);
    size_t count =
        task_instruction_accounts(TASK_UPDATE, 0, &parties, accounts);
    system_create_account_data(task_instruction_create_lamports(50000), 50000,
                               &KOII_TASK_PROGRAM_ID, &data[1]);
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[2]);
    const struct instruction list[3] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[1])},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[0])},
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[2])},
    };
    struct transaction_status status = task_fixture_execute(f, list, 3);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&data[i]);
    return status;
}

static void test_a_bounty_of_0_a_round_is_created_and_updated(void **state)
{
    struct task_fixture *f = *state;
    struct pubkey task = task_fixture_key(21);
    struct pubkey pot = task_fixture_pot(21);
    f->terms.bounty_amount_per_round = 0;
    assert_done(create(f));
    assert_int_equal(task_fixture_header(f).terms.bounty_amount_per_round, 0);
    assert_done(update(f, &f->payer, &task, &pot));
    f->task = task;
    struct task_terms terms = task_fixture_header(f).terms;
    assert_int_equal(terms.bounty_amount_per_round, 0);
    assert_int_equal(terms.total_bounty_amount, 100 * KOII);
}

static void test_update_moves_the_bounty_and_leaves_the_stakes(void **state)
{
    struct task_fixture *f = *state;
    struct pubkey task = task_fixture_key(21);
    struct pubkey pot = task_fixture_pot(21);
    assert_done(create(f));
    assert_done(task_fixture_stake(f, 0, KOII));
    assert_custom(update(f, &f->keys[0], &task, &pot), TASK_ERROR_NOT_OWNER);
    assert_done(update(f, &f->payer, &task, &pot));
    struct task_header old = task_fixture_header(f);
    assert_true(old.is_migrated);
    assert_false(old.is_active);
    assert_true(bytes_equal(old.migrated_to, bytes_text(PUBKEY_TEXT(&task))));
    assert_int_equal(old.terms.total_bounty_amount, 0);
    assert_int_equal(task_fixture_lamports(f, &f->pot),
                     KOII + TASK_STAKE_POT_LAMPORTS);
    assert_int_equal(task_fixture_lamports(f, &pot),
                     100 * KOII + TASK_STAKE_POT_LAMPORTS);
    assert_done(task_fixture_withdraw(f, 0));
    assert_done(task_fixture_claim(f, 0, &f->keys[0]));
    const struct task_instruction active = {.kind = TASK_SET_ACTIVE,
                                            .flag = true};
    const struct task_instruction fund = {.kind = TASK_FUND, .amount = 5};
    assert_custom(
        task_fixture_run(f, &active, &(struct task_parties){.actor = f->payer}),
        TASK_ERROR_MIGRATED);
    assert_custom(
        task_fixture_run(f, &fund, &(struct task_parties){.actor = f->keys[0]}),
        TASK_ERROR_MIGRATED);
    f->task = task;
    struct task_header new = task_fixture_header(f);
    assert_true(new.is_active);
    assert_int_equal(new.terms.total_bounty_amount, 100 * KOII);
    assert_int_equal(new.starting_slot, bank_info(f->bank)->slot);
}

/* ---- Switches, managers ---- */

static struct transaction_status act(struct task_fixture *f,
                                     enum task_instruction_kind kind, bool flag,
                                     const struct pubkey *actor)
{
    struct task_instruction instruction = {.kind = kind};
    if (kind != TASK_DELETE)
        instruction.flag = flag;
    return task_fixture_run(f, &instruction,
                            &(struct task_parties){.actor = *actor});
}

static struct transaction_status manage(struct task_fixture *f,
                                        enum task_manager_operation operation,
                                        const struct pubkey *first,
                                        const struct pubkey *second,
                                        const struct pubkey *target)
{
    return task_fixture_run(
        f,
        &(struct task_instruction){.kind = TASK_HANDLE_MANAGER_ACCOUNTS,
                                   .operation = operation},
        &(struct task_parties){
            .actor = *first, .second_actor = *second, .other = *target});
}

static void test_only_managers_allow_list(void **state)
{
    struct task_fixture *f = *state;
    assert_done(create(f));
    assert_custom(act(f, TASK_WHITELIST, true, &f->payer),
                  TASK_ERROR_NOT_OWNER);
    assert_done(task_fixture_init_managers(f));
    assert_done(act(f, TASK_WHITELIST, true, &f->payer));
    assert_true(task_fixture_header(f).is_allowlisted);
    assert_custom(act(f, TASK_WHITELIST, false, &f->keys[1]),
                  TASK_ERROR_NOT_OWNER);
}

static void test_owner_and_managers_switch(void **state)
{
    struct task_fixture *f = *state;
    assert_done(create(f));
    assert_custom(act(f, TASK_SET_ACTIVE, false, &f->keys[1]),
                  TASK_ERROR_NOT_OWNER);
    assert_done(task_fixture_init_managers(f));
    assert_done(
        manage(f, TASK_MANAGER_INSERT, &f->payer, &f->payer, &f->keys[1]));
    assert_done(act(f, TASK_SET_ACTIVE, false, &f->keys[1]));
    assert_false(task_fixture_header(f).is_active);
    assert_done(act(f, TASK_SET_ACTIVE, true, &f->payer));
    assert_true(task_fixture_header(f).is_active);
}

static void test_manager_changes_need_two_managers(void **state)
{
    struct task_fixture *f = *state;
    const struct pubkey *k = f->keys;
    assert_done(task_fixture_init_managers(f));
    assert_refused(task_fixture_init_managers(f),
                   INSTRUCTION_INVALID_ACCOUNT_OWNER);
    assert_custom(manage(f, TASK_MANAGER_INSERT, &k[0], &f->payer, &k[1]),
                  TASK_ERROR_NOT_OWNER);
    assert_done(manage(f, TASK_MANAGER_INSERT, &f->payer, &f->payer, &k[0]));
    assert_custom(manage(f, TASK_MANAGER_INSERT, &f->payer, &f->payer, &k[1]),
                  TASK_ERROR_NOT_OWNER);
    assert_done(manage(f, TASK_MANAGER_INSERT, &f->payer, &k[0], &k[1]));
    assert_custom(manage(f, TASK_MANAGER_INSERT, &f->payer, &k[0], &k[1]),
                  TASK_ERROR_DUPLICATE);
    assert_done(manage(f, TASK_MANAGER_REMOVE, &k[0], &k[1], &f->payer));
    assert_custom(manage(f, TASK_MANAGER_REMOVE, &k[0], &f->payer, &k[1]),
                  TASK_ERROR_NOT_OWNER);
    assert_done(manage(f, TASK_MANAGER_REMOVE, &k[0], &k[1], &k[1]));
    assert_custom(manage(f, TASK_MANAGER_REMOVE, &k[0], &k[0], &k[0]),
                  TASK_ERROR_FULL);
}

static void test_manager_list_has_an_end(void **state)
{
    struct task_fixture *f = *state;
    assert_done(task_fixture_init_managers(f));
    assert_done(
        manage(f, TASK_MANAGER_INSERT, &f->payer, &f->payer, &f->keys[0]));
    for (size_t i = 2; i < TASK_MANAGERS_MAX; i++) {
        struct pubkey key = task_fixture_key(500 + i);
        assert_done(
            manage(f, TASK_MANAGER_INSERT, &f->payer, &f->keys[0], &key));
    }
    assert_custom(
        manage(f, TASK_MANAGER_INSERT, &f->payer, &f->keys[0], &f->keys[1]),
        TASK_ERROR_FULL);
}

/* ---- DeleteTask ---- */

static void test_delete_burns_all_but_what_is_owed(void **state)
{
    struct task_fixture *f = *state;
    assert_done(create(f));
    assert_done(task_fixture_stake(f, 0, 2 * KOII));
    assert_custom(act(f, TASK_DELETE, false, &f->keys[1]),
                  TASK_ERROR_NOT_OWNER);
    assert_done(act(f, TASK_DELETE, false, &f->payer));
    assert_int_equal(task_fixture_lamports(f, &f->pot),
                     2 * KOII + rent_minimum_balance(0));
    assert_int_equal(task_fixture_lamports(f, &task_address_burn),
                     100 * KOII + TASK_STAKE_POT_LAMPORTS -
                         rent_minimum_balance(0));
    assert_false(task_fixture_header(f).is_active);
    assert_done(task_fixture_withdraw(f, 0));
    assert_done(task_fixture_claim(f, 0, &f->keys[0]));
    assert_int_equal(task_fixture_lamports(f, &f->keys[0]),
                     TASK_FIXTURE_KEY_LAMPORTS);
    assert_done(act(f, TASK_DELETE, false, &f->payer));
    assert_int_equal(task_fixture_lamports(f, &f->pot), 0);
    assert_int_equal(task_fixture_lamports(f, &f->task), 0);
    assert_false(task_render_exists(bank_state(f->bank), &f->task));
}

static void test_delete_leaves_what_cannot_open_the_burn_address(void **state)
{
    struct task_fixture *f = *state;
    struct pubkey task = task_fixture_key(21);
    struct pubkey pot = task_fixture_pot(21);
    assert_done(create(f));
    assert_done(task_fixture_stake(f, 0, KOII));
    assert_done(update(f, &f->payer, &task, &pot));
    assert_done(act(f, TASK_DELETE, false, &f->payer));
    assert_int_equal(task_fixture_lamports(f, &f->pot),
                     KOII + TASK_STAKE_POT_LAMPORTS);
    assert_int_equal(task_fixture_lamports(f, &task_address_burn), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_bounty_moves_from_the_payer_to_the_pot),
        TEST(test_terms_that_cannot_be_are_refused),
        TEST(test_a_bounty_of_0_a_round_is_created_and_updated),
        TEST(test_pot_must_be_one_and_fresh),
        TEST(test_existing_task_is_not_created_again),
        TEST(test_account_without_room_is_refused),
        TEST(test_update_moves_the_bounty_and_leaves_the_stakes),
        TEST(test_only_managers_allow_list),
        TEST(test_owner_and_managers_switch),
        TEST(test_manager_changes_need_two_managers),
        TEST(test_manager_list_has_an_end),
        TEST(test_delete_burns_all_but_what_is_owed),
        TEST(test_delete_leaves_what_cannot_open_the_burn_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
