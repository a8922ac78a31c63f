#include "test.h"

#include "base/error.h"
#include "base/json.h"
#include "settlement/task/task_render.h"
#include "settlement/task/task_text.h"
#include "task_fixture.h"

#define WORK 4
#define KOII ((int64_t)LAMPORTS_PER_KOII)

/* A task through every part of a round: work submitted by keys 0 to 2, 0
 * accused and voted on, lists of 0 and 1, 0's accused, a payout. */
static int setup(void **state)
{
    const int64_t amounts[] = {KOII, 2 * KOII, -KOII / 2};
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    for (size_t i = 0; i < 4; i++)
        assert_done(task_fixture_stake(f, i, 2 * KOII));
    task_fixture_to(f, WORK + 1, 0);
    for (size_t i = 0; i < 3; i++)
        assert_done(task_fixture_submit(f, i, WORK));
    task_fixture_to(f, WORK + 1, f->terms.submission_window);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    assert_done(task_fixture_audit(f, 3, 0, WORK, true));
    task_fixture_to(f, WORK + 2, 0);
    for (size_t i = 0; i < 2; i++)
        assert_done(task_fixture_list(f, i, WORK, amounts, 3));
    for (size_t i = 0; i < 2; i++)
        assert_done(task_fixture_submit(f, i, WORK + 1));
    task_fixture_to(f, WORK + 2, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, 2, 0, WORK, false));
    task_fixture_to(f, WORK + 3, 0);
    assert_done(task_fixture_payout(f, WORK));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

static const struct state *state_of(struct task_fixture *f)
{
    return bank_state(f->bank);
}

static struct json_object *get(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, name, &value)) {
        print_error("there is no %s\n", name);
        fail();
    }
    return value;
}

static struct json_object *entry(struct json_object *state, const char *map,
                                 const char *round, const struct pubkey *key)
{
    return get(get(get(state, map), round), PUBKEY_TEXT(key));
}

static void assert_key(struct json_object *array, const struct pubkey *key)
{
    assert_int_equal(json_object_array_length(array), 32);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(
            json_object_get_int(json_object_array_get_idx(array, i)),
            key->bytes[i]);
}

static struct json_object *render(struct task_fixture *f, unsigned parts)
{
    struct buffer text = {0};
    struct json_object *json;
    assert_ok(task_render(state_of(f), &f->task, parts, &text));
    assert_ok(json_parse(buffer_view(&text), &json));
    buffer_free(&text);
    return json;
}

static void test_text_begins_as_k2s_filters_want_it(void **state)
{
    struct task_fixture *f = *state;
    struct buffer text = {0};
    assert_ok(task_render(state_of(f), &f->task, TASK_RENDER_ALL, &text));
    assert_true(bytes_begin_with(
        buffer_view(&text),
        bytes_text("{\"is_allowlisted\":false,\"is_active\":true,"
                   "\"task_name\":\"fixture\"")));
    assert_null(memchr(text.data, '\n', text.size));
    buffer_free(&text);
}

static void test_size_is_known_without_rendering(void **state)
{
    struct task_fixture *f = *state;
    struct buffer text = {0};
    uint64_t size;
    assert_ok(task_render(state_of(f), &f->task, TASK_RENDER_ALL, &text));
    assert_ok(task_render_size(state_of(f), &f->task, &size));
    assert_int_equal(size, text.size);
    buffer_free(&text);
}

/* The bound is the size of the longest header there can be: all that it leaves
 * room for is taken, so one byte less would be too little. */
static void test_longest_header_takes_all_that_its_bound_allows(void **state)
{
    struct buffer scratch = {0};
    const struct bytes text = bytes_text("\x01\x1f\x01");
    struct task_header header = {
        .terms = {.total_bounty_amount = UINT64_MAX,
                  .bounty_amount_per_round = UINT64_MAX,
                  .round_time = UINT64_MAX,
                  .audit_window = UINT64_MAX,
                  .submission_window = UINT64_MAX,
                  .minimum_stake_amount = UINT64_MAX,
                  .allowed_failed_distributions = UINT64_MAX,
                  .task_name = text,
                  .task_description = text,
                  .task_audit_program = text,
                  .task_executable_network = text,
                  .task_metadata = text,
                  .task_vars = text},
        .koii_vars = text,
        .migrated_to = text,
        .starting_slot = UINT64_MAX,
        .total_stake = UINT64_MAX,
    };
    memset(&header.task_manager, 0xff, sizeof(header.task_manager));
    memset(&header.stake_pot_account, 0xff, sizeof(header.stake_pot_account));
    assert_int_equal(task_text_size(&header, &scratch),
                     task_text_size_max(&header));
    buffer_free(&scratch);
}

static void test_fields_stand_in_k2s_order(void **state)
{
    static const char *const names[] = {
        "is_allowlisted",
        "is_active",
        "task_name",
        "task_description",
        "task_manager",
        "task_audit_program",
        "stake_pot_account",
        "submissions",
        "submissions_audit_trigger",
        "total_bounty_amount",
        "bounty_amount_per_round",
        "total_stake_amount",
        "minimum_stake_amount",
        "available_balances",
        "stake_list",
        "ip_address_list",
        "round_time",
        "starting_slot",
        "audit_window",
        "submission_window",
        "task_executable_network",
        "distribution_rewards_submission",
        "distributions_audit_trigger",
        "distributions_audit_record",
        "task_metadata",
        "task_vars",
        "koii_vars",
        "is_migrated",
        "migrated_to",
        "allowed_failed_distributions",
    };
    struct task_fixture *f = *state;
    struct json_object *json = render(f, TASK_RENDER_ALL);
    size_t at = 0;
    json_object_object_foreach(json, name, value)
    {
        (void)value;
        assert_true(at < sizeof(names) / sizeof(*names));
        assert_string_equal(name, names[at++]);
    }
    assert_int_equal(at, sizeof(names) / sizeof(*names));
    json_object_put(json);
}

static void test_keys_are_numbers_and_maps_are_by_base58(void **state)
{
    struct task_fixture *f = *state;
    struct json_object *json = render(f, TASK_RENDER_ALL);
    assert_key(get(json, "task_manager"), &f->payer);
    assert_key(get(json, "stake_pot_account"), &f->pot);
    struct json_object *submission =
        entry(json, "submissions", "4", &f->keys[0]);
    assert_string_equal(
        json_object_get_string(get(submission, "submission_value")),
        "bafyproof");
    assert_int_equal(json_object_get_int(get(submission, "round")), 4);
    struct json_object *audit =
        entry(json, "submissions_audit_trigger", "4", &f->keys[0]);
    assert_key(get(audit, "trigger_by"), &f->keys[1]);
    assert_int_equal(json_object_array_length(get(audit, "votes")), 2);
    struct json_object *list =
        entry(json, "distribution_rewards_submission", "4", &f->keys[1]);
    assert_key(get(list, "submission_value"), &f->keys[1]);
    struct json_object *list_audit =
        entry(json, "distributions_audit_trigger", "4", &f->keys[0]);
    struct json_object *vote =
        json_object_array_get_idx(get(list_audit, "votes"), 0);
    assert_key(get(vote, "voter"), &f->keys[2]);
    assert_false(json_object_get_boolean(get(vote, "is_valid")));
    assert_string_equal(json_object_get_string(
                            get(get(json, "distributions_audit_record"), "4")),
                        "PayoutSuccessful");
    json_object_put(json);
}

static void test_balances_and_stakes_are_those_of_the_payout(void **state)
{
    struct task_fixture *f = *state;
    struct json_object *json = render(f, TASK_RENDER_ALL);
    struct json_object *balances = get(json, "available_balances");
    struct json_object *stakes = get(json, "stake_list");
    assert_int_equal(json_object_object_length(balances), 2);
    assert_int_equal(
        json_object_get_int64(get(balances, PUBKEY_TEXT(&f->keys[1]))),
        2 * KOII);
    assert_int_equal(
        json_object_get_int64(get(stakes, PUBKEY_TEXT(&f->keys[2]))),
        2 * KOII - KOII / 2);
    assert_string_equal(json_object_get_string(get(get(json, "ip_address_list"),
                                                   PUBKEY_TEXT(&f->keys[3]))),
                        "http://n:1");
    /* 0's list was voted down: a tenth of the minimum. */
    assert_int_equal(
        json_object_get_int64(get(stakes, PUBKEY_TEXT(&f->keys[0]))),
        2 * KOII - KOII / 10);
    json_object_put(json);
}

static void test_parts_hold_what_was_asked_for(void **state)
{
    struct task_fixture *f = *state;
    struct json_object *value;
    struct json_object *none = render(f, 0);
    assert_int_equal(json_object_object_length(none), 22);
    assert_false(json_object_object_get_ex(none, "submissions", &value));
    json_object_put(none);
    struct json_object *stakes = render(f, TASK_RENDER_STAKES);
    assert_int_equal(json_object_object_length(stakes), 24);
    get(stakes, "stake_list");
    get(stakes, "ip_address_list");
    json_object_put(stakes);
}

static void test_one_rounds_submissions(void **state)
{
    struct task_fixture *f = *state;
    struct buffer text = {0};
    struct json_object *json;
    uint64_t round = WORK + 1;
    assert_ok(task_render_submissions(state_of(f), &f->task, &round, &text));
    assert_ok(json_parse(buffer_view(&text), &json));
    assert_int_equal(json_object_object_length(get(json, "submissions")), 1);
    assert_int_equal(
        json_object_object_length(get(get(json, "submissions"), "5")), 2);
    assert_int_equal(
        json_object_object_length(get(json, "submissions_audit_trigger")), 0);
    json_object_put(json);
    buffer_clear(&text);
    assert_ok(task_render_submissions(state_of(f), &f->task, NULL, &text));
    assert_ok(json_parse(buffer_view(&text), &json));
    assert_int_equal(json_object_object_length(get(json, "submissions")), 2);
    json_object_put(json);
    buffer_free(&text);
}

static void test_one_rounds_distributions(void **state)
{
    struct task_fixture *f = *state;
    struct buffer text = {0};
    struct json_object *json;
    uint64_t round = WORK;
    assert_ok(task_render_distributions(state_of(f), &f->task, &round, &text));
    assert_ok(json_parse(buffer_view(&text), &json));
    assert_int_equal(json_object_object_length(get(
                         get(json, "distribution_rewards_submission"), "4")),
                     2);
    json_object_put(json);
    buffer_clear(&text);
    round = WORK + 1;
    assert_ok(task_render_distributions(state_of(f), &f->task, &round, &text));
    assert_string_equal(buffer_string(&text),
                        "{\"distribution_rewards_submission\":{},"
                        "\"distributions_audit_trigger\":{},"
                        "\"distributions_audit_record\":{}}");
    buffer_free(&text);
}

static void test_my_submission_and_my_stake(void **state)
{
    struct task_fixture *f = *state;
    struct buffer text = {0};
    uint64_t stake;
    assert_ok(task_render_my_submission(state_of(f), &f->task, &f->keys[3],
                                        WORK, &text));
    assert_string_equal(buffer_string(&text), "null");
    buffer_clear(&text);
    assert_ok(task_render_my_submission(state_of(f), &f->task, &f->keys[0],
                                        WORK, &text));
    assert_true(bytes_begin_with(
        buffer_view(&text),
        bytes_text("{\"submission_value\":\"bafyproof\",\"slot\":")));
    assert_ok(task_render_my_stake(state_of(f), &f->task, &f->keys[3], &stake));
    assert_int_equal(stake, 2 * KOII);
    assert_int_equal(
        task_render_my_stake(state_of(f), &f->task, &f->keys[9], &stake),
        ERR_NOT_FOUND);
    assert_string_equal(err_text(), "No stake available on this task");
    buffer_free(&text);
}

static void test_beginning_is_the_same_text(void **state)
{
    struct task_fixture *f = *state;
    struct buffer whole = {0};
    assert_ok(task_render(state_of(f), &f->task, TASK_RENDER_ALL, &whole));
    for (size_t size = 1; size < 4000; size += 333) {
        struct buffer part = {0};
        assert_ok(task_render_beginning(state_of(f), &f->task, size, &part));
        assert_true(part.size >= size || part.size == whole.size);
        assert_true(bytes_begin_with(buffer_view(&whole), buffer_view(&part)));
        buffer_free(&part);
    }
    buffer_free(&whole);
}

static void test_account_data_is_the_rendered_text(void **state)
{
    struct task_fixture *f = *state;
    struct buffer text = {0};
    struct account account;
    assert_ok(task_render(state_of(f), &f->task, TASK_RENDER_ALL, &text));
    assert_ok(
        bank_account(f->bank, state_of(f), &f->task, &f->arena, &account));
    assert_true(bytes_equal(account.data, buffer_view(&text)));
    assert_int_equal(
        task_render(state_of(f), &f->keys[0], TASK_RENDER_ALL, &text),
        ERR_NOT_FOUND);
    buffer_free(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_text_begins_as_k2s_filters_want_it),
        TEST(test_size_is_known_without_rendering),
        TEST(test_longest_header_takes_all_that_its_bound_allows),
        TEST(test_fields_stand_in_k2s_order),
        TEST(test_keys_are_numbers_and_maps_are_by_base58),
        TEST(test_balances_and_stakes_are_those_of_the_payout),
        TEST(test_parts_hold_what_was_asked_for),
        TEST(test_one_rounds_submissions),
        TEST(test_one_rounds_distributions),
        TEST(test_my_submission_and_my_stake),
        TEST(test_beginning_is_the_same_text),
        TEST(test_account_data_is_the_rendered_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
