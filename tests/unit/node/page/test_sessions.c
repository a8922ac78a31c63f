/* Links, sessions and proofs, with time and randomness as arguments. */
#include "../../test.h"

#include "base/error.h"
#include "node/page/sessions.h"

#include <stdio.h>

#define NOW 1800000000000ull
#define DAY (24ull * 3600 * 1000)

static uint8_t dice;

/* Never twice the same. */
static void roll(uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count * SESSION_SECRET_BYTES; i++)
        out[i] = (uint8_t)(i * 7 + dice);
    dice++;
}

static struct sessions *fresh(void)
{
    uint8_t random[SESSION_SECRET_BYTES];

    roll(random, 1);
    return sessions_new(random);
}

static void link_at(struct sessions *sessions, uint64_t now_ms,
                    char code[SESSION_SECRET_SIZE])
{
    uint8_t random[SESSION_SECRET_BYTES];
    uint64_t expires_ms;

    roll(random, 1);
    sessions_link(sessions, random, now_ms, code, &expires_ms);
    assert_int_equal(expires_ms, now_ms + SESSION_LINK_MS);
}

static int open_at(struct sessions *sessions, const char *code, uint64_t now_ms,
                   struct session_halves *halves, uint64_t *id, uint64_t *wait)
{
    uint8_t random[3 * SESSION_SECRET_BYTES];
    uint64_t ended;

    roll(random, 3);
    return sessions_open(sessions, code, "Browser/1", random, now_ms, halves,
                         id, &ended, wait);
}

/* A session from its own link. */
static uint64_t connect_at(struct sessions *sessions, uint64_t now_ms,
                           struct session_halves *halves)
{
    char code[SESSION_SECRET_SIZE];
    uint64_t id, wait;

    link_at(sessions, now_ms, code);
    assert_ok(open_at(sessions, code, now_ms, halves, &id, &wait));
    return id;
}

static const struct session *find(struct sessions *sessions, const char *cookie,
                                  const char *key, uint64_t now_ms)
{
    return sessions_find(sessions, bytes_text(cookie), bytes_text(key), now_ms);
}

static void test_a_link_opens_one_session_once(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves, other;
    char code[SESSION_SECRET_SIZE];
    uint64_t id, wait;

    link_at(sessions, NOW, code);
    assert_int_equal(strlen(code), 64);
    assert_ok(open_at(sessions, code, NOW + 1, &halves, &id, &wait));
    assert_int_equal(open_at(sessions, code, NOW + 2, &other, &id, &wait),
                     ERR_DENIED);
    assert_non_null(find(sessions, halves.cookie, halves.key, NOW + 3));
    sessions_free(sessions);
}

static void test_a_link_lasts_ten_minutes(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves;
    char code[SESSION_SECRET_SIZE];
    uint64_t id, wait;

    link_at(sessions, NOW, code);
    assert_int_equal(
        open_at(sessions, code, NOW + SESSION_LINK_MS, &halves, &id, &wait),
        ERR_NOT_FOUND);
    link_at(sessions, NOW, code);
    assert_ok(open_at(sessions, code, NOW + SESSION_LINK_MS - 1, &halves, &id,
                      &wait));
    sessions_free(sessions);
}

static void test_four_links_are_open_at_most(void **state)
{
    struct sessions *sessions = fresh();
    char codes[5][SESSION_SECRET_SIZE];
    struct session_halves halves;
    uint64_t id, wait;

    for (size_t i = 0; i < 5; i++)
        link_at(sessions, NOW + i, codes[i]);
    assert_int_equal(open_at(sessions, codes[0], NOW + 9, &halves, &id, &wait),
                     ERR_NOT_FOUND);
    for (size_t i = 1; i < 5; i++)
        assert_ok(open_at(sessions, codes[i], NOW + 9, &halves, &id, &wait));
    /* Used ones are known as used while others come and go. */
    for (size_t i = 0; i < 4; i++)
        link_at(sessions, NOW + 10 + i, codes[0]);
    assert_int_equal(open_at(sessions, codes[4], NOW + 20, &halves, &id, &wait),
                     ERR_DENIED);
    sessions_free(sessions);
}

static void test_neither_half_opens_anything_alone(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves one, two;

    connect_at(sessions, NOW, &one);
    connect_at(sessions, NOW, &two);
    assert_non_null(find(sessions, one.cookie, one.key, NOW));
    assert_null(find(sessions, one.cookie, "", NOW));
    assert_null(find(sessions, "", one.key, NOW));
    assert_null(find(sessions, one.key, one.cookie, NOW));
    assert_null(find(sessions, one.cookie, two.key, NOW));
    assert_null(find(sessions, one.cookie, one.cookie, NOW));
    /* The same bytes, split elsewhere. */
    char both[2 * SESSION_SECRET_SIZE];
    snprintf(both, sizeof(both), "%s%s", one.cookie, one.key);
    assert_null(sessions_find(sessions, bytes_make(both, 63),
                              bytes_text(both + 63), NOW));
    sessions_free(sessions);
}

static void test_a_session_ends_unused_or_old(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves;

    connect_at(sessions, NOW, &halves);
    assert_null(find(sessions, halves.cookie, halves.key, NOW + 7 * DAY));
    connect_at(sessions, NOW, &halves);
    for (unsigned day = 6; day < 30; day += 6)
        assert_non_null(
            find(sessions, halves.cookie, halves.key, NOW + day * DAY));
    assert_non_null(
        find(sessions, halves.cookie, halves.key, NOW + 30 * DAY - 1));
    assert_null(find(sessions, halves.cookie, halves.key, NOW + 30 * DAY));
    /* An open page counts as a use, while it is seen. */
    uint64_t id = connect_at(sessions, NOW, &halves);
    assert_true(sessions_is_open(sessions, id, true, NOW + 6 * DAY));
    assert_true(sessions_is_open(sessions, id, false, NOW + 12 * DAY));
    assert_false(sessions_is_open(sessions, id, false, NOW + 13 * DAY));
    /* A clock that is set back ends nothing. */
    connect_at(sessions, NOW, &halves);
    assert_non_null(find(sessions, halves.cookie, halves.key, NOW - 90 * DAY));
    sessions_free(sessions);
}

static void
test_the_ninth_takes_the_place_of_the_one_unused_longest(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves[SESSIONS_MAX + 1];
    uint8_t random[3 * SESSION_SECRET_BYTES];
    char code[SESSION_SECRET_SIZE];
    uint64_t ids[SESSIONS_MAX], id, ended, wait;

    for (size_t i = 0; i < SESSIONS_MAX; i++)
        ids[i] = connect_at(sessions, NOW + i, &halves[i]);
    assert_non_null(find(sessions, halves[0].cookie, halves[0].key, NOW + 50));
    link_at(sessions, NOW + 60, code);
    roll(random, 3);
    assert_ok(sessions_open(sessions, code, "", random, NOW + 60,
                            &halves[SESSIONS_MAX], &id, &ended, &wait));
    assert_true(ended == ids[1]);
    assert_null(find(sessions, halves[1].cookie, halves[1].key, NOW + 61));
    assert_non_null(find(sessions, halves[0].cookie, halves[0].key, NOW + 61));
    assert_true(sessions_is_open(sessions, id, false, NOW + 61));
    assert_null(sessions_at(sessions, SESSIONS_MAX));
    sessions_free(sessions);
}

static void test_sessions_survive_as_a_text_without_halves(void **state)
{
    struct sessions *sessions = fresh(), *later = fresh();
    struct session_halves halves;
    struct buffer text = {0};

    sessions_set_port(sessions, 30019);
    uint64_t id = connect_at(sessions, NOW, &halves);
    sessions_write(sessions, &text);
    assert_null(strstr(buffer_string(&text), halves.cookie));
    assert_null(strstr(buffer_string(&text), halves.key));
    assert_ok(sessions_read(later, buffer_view(&text), NOW + DAY));
    assert_string_equal(sessions_instance(later), sessions_instance(sessions));
    assert_int_equal(sessions_port(later), 30019);
    const struct session *session =
        find(later, halves.cookie, halves.key, NOW + DAY);
    assert_non_null(session);
    assert_true(session->id == id);
    assert_string_equal(session->agent, "Browser/1");
    assert_ok(sessions_read(later, buffer_view(&text), NOW + 7 * DAY));
    assert_null(sessions_at(later, 0));
    buffer_free(&text);
    sessions_free(later);
    sessions_free(sessions);
}

static void test_a_broken_text_changes_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"instance\":\"abcdef\",\"port\":1}",
        "{\"instance\":\"ABCDEF\",\"port\":1,\"sessions\":[]}",
        "{\"instance\":\"abcde;\",\"port\":1,\"sessions\":[]}",
        "{\"instance\":\"abcdef\",\"port\":70000,\"sessions\":[]}",
        "{\"instance\":\"abcdef\",\"port\":1,\"sessions\":[{}]}",
        ("{\"instance\":\"abcdef\",\"port\":1,\"sessions\":[{\"id\":1,"
         "\"halves\":\"00\",\"made\":1,\"used\":1,\"agent\":\"\"}]}"),
    };
    struct sessions *sessions = fresh();
    struct session_halves halves;

    connect_at(sessions, NOW, &halves);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(sessions_read(sessions, bytes_text(texts[i]), NOW),
                         ERR_INVALID);
    assert_non_null(find(sessions, halves.cookie, halves.key, NOW));
    sessions_free(sessions);
}

static void test_another_port_ends_all_sessions(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves;

    sessions_set_port(sessions, 30019);
    connect_at(sessions, NOW, &halves);
    sessions_set_port(sessions, 30019);
    assert_non_null(find(sessions, halves.cookie, halves.key, NOW));
    sessions_set_port(sessions, 30020);
    assert_null(find(sessions, halves.cookie, halves.key, NOW));
    sessions_free(sessions);
}

static void test_an_agent_is_cut_and_made_harmless(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves;
    uint8_t random[3 * SESSION_SECRET_BYTES];
    char code[SESSION_SECRET_SIZE], agent[400];
    uint64_t id, ended, wait;

    memset(agent, 'x', sizeof(agent) - 1);
    agent[sizeof(agent) - 1] = 0;
    memcpy(agent, "a\n\x1b\xff\xc3\xa4", 6);
    memcpy(agent + 199, "\xc3\xa4", 2); /* over the end */
    link_at(sessions, NOW, code);
    roll(random, 3);
    assert_ok(sessions_open(sessions, code, agent, random, NOW, &halves, &id,
                            &ended, &wait));
    const char *kept = sessions_at(sessions, 0)->agent;
    assert_memory_equal(kept, "a   \xc3\xa4x", 7);
    assert_int_equal(strlen(kept), 199);
    sessions_free(sessions);
}

static void
test_wrong_codes_are_slowed_down_and_a_right_one_is_not(void **state)
{
    static const uint64_t pauses[] = {1000,  2000,  4000,  8000,
                                      16000, 32000, 60000, 60000};
    struct sessions *sessions = fresh();
    struct session_halves halves;
    char code[SESSION_SECRET_SIZE];
    uint64_t id, wait, now = NOW;

    for (size_t i = 0; i < 5; i++)
        assert_int_equal(open_at(sessions, "wrong", now, &halves, &id, &wait),
                         ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
        assert_int_equal(open_at(sessions, "wrong", now, &halves, &id, &wait),
                         ERR_LIMIT);
        assert_int_equal(wait, pauses[i]);
        now += pauses[i] - 1;
        assert_int_equal(open_at(sessions, "wrong", now, &halves, &id, &wait),
                         ERR_LIMIT);
        now++;
        assert_int_equal(open_at(sessions, "wrong", now, &halves, &id, &wait),
                         ERR_NOT_FOUND);
    }
    link_at(sessions, now, code);
    assert_ok(open_at(sessions, code, now, &halves, &id, &wait));
    assert_int_equal(open_at(sessions, "wrong", now, &halves, &id, &wait),
                     ERR_NOT_FOUND);
    sessions_free(sessions);
}

static void test_passphrases_are_slowed_down_alike(void **state)
{
    struct sessions *sessions = fresh();
    uint64_t wait;

    for (size_t i = 0; i < 5; i++) {
        assert_ok(sessions_may_try(sessions, NOW, &wait));
        sessions_tried(sessions, false, NOW);
    }
    assert_int_equal(sessions_may_try(sessions, NOW, &wait), ERR_LIMIT);
    assert_int_equal(wait, 1000);
    assert_ok(sessions_may_try(sessions, NOW + 1000, &wait));
    sessions_tried(sessions, true, NOW + 1000);
    for (size_t i = 0; i < 4; i++)
        sessions_tried(sessions, false, NOW + 1000);
    assert_ok(sessions_may_try(sessions, NOW + 1000, &wait));
    /* A clock that is set back does not lock anybody out. */
    sessions_tried(sessions, false, NOW + DAY);
    assert_int_equal(sessions_may_try(sessions, NOW, &wait), ERR_LIMIT);
    assert_true(wait <= 60000);
    sessions_free(sessions);
}

static void test_a_proof_is_good_once_for_its_session_and_a_minute(void **state)
{
    struct sessions *sessions = fresh();
    uint8_t random[SESSION_SECRET_BYTES];
    char proof[SESSION_SECRET_SIZE];
    uint64_t expires;

    roll(random, 1);
    sessions_prove(sessions, 5, random, NOW, proof, &expires);
    assert_int_equal(expires, NOW + 60000);
    assert_false(sessions_take_proof(sessions, 6, proof, NOW));
    assert_false(sessions_take_proof(sessions, 5, "", NOW));
    assert_true(sessions_take_proof(sessions, 5, proof, NOW + 59999));
    assert_false(sessions_take_proof(sessions, 5, proof, NOW + 59999));
    roll(random, 1);
    sessions_prove(sessions, 5, random, NOW, proof, &expires);
    assert_false(sessions_take_proof(sessions, 5, proof, NOW + 60000));
    for (size_t i = 0; i < 3 * SESSION_PROOFS_MAX; i++) {
        roll(random, 1);
        sessions_prove(sessions, 5, random, NOW + i, proof, &expires);
    }
    assert_true(sessions_take_proof(sessions, 5, proof, NOW + 60));
    sessions_free(sessions);
}

static void test_forgetting_a_session_takes_its_proofs(void **state)
{
    struct sessions *sessions = fresh();
    struct session_halves halves;
    uint8_t random[SESSION_SECRET_BYTES];
    char proof[SESSION_SECRET_SIZE], code[SESSION_SECRET_SIZE];
    uint64_t expires, wait, id = connect_at(sessions, NOW, &halves);

    roll(random, 1);
    sessions_prove(sessions, id, random, NOW, proof, &expires);
    assert_ok(sessions_forget(sessions, id));
    assert_int_equal(sessions_forget(sessions, id), ERR_NOT_FOUND);
    assert_null(find(sessions, halves.cookie, halves.key, NOW));
    assert_false(sessions_take_proof(sessions, id, proof, NOW));
    link_at(sessions, NOW, code);
    connect_at(sessions, NOW, &halves);
    sessions_forget_all(sessions);
    assert_null(sessions_at(sessions, 0));
    assert_int_equal(open_at(sessions, code, NOW, &halves, &id, &wait),
                     ERR_NOT_FOUND);
    sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_link_opens_one_session_once),
        cmocka_unit_test(test_a_link_lasts_ten_minutes),
        cmocka_unit_test(test_four_links_are_open_at_most),
        cmocka_unit_test(test_neither_half_opens_anything_alone),
        cmocka_unit_test(test_a_session_ends_unused_or_old),
        cmocka_unit_test(
            test_the_ninth_takes_the_place_of_the_one_unused_longest),
        cmocka_unit_test(test_sessions_survive_as_a_text_without_halves),
        cmocka_unit_test(test_a_broken_text_changes_nothing),
        cmocka_unit_test(test_another_port_ends_all_sessions),
        cmocka_unit_test(test_an_agent_is_cut_and_made_harmless),
        cmocka_unit_test(
            test_wrong_codes_are_slowed_down_and_a_right_one_is_not),
        cmocka_unit_test(test_passphrases_are_slowed_down_alike),
        cmocka_unit_test(
            test_a_proof_is_good_once_for_its_session_and_a_minute),
        cmocka_unit_test(test_forgetting_a_session_takes_its_proofs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
