#include "settlement/cluster/contact_book.h"

#include "base/error.h"
#include "key_fixture.h"
#include "peer/peer_frame.h"
#include "test.h"

#include <stdio.h>

#define COUNT 4
#define SELF 0

struct fixture {
    struct keypair keys[COUNT];
    struct hash network;
    struct validator_set *set;
    struct contact_book *book;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct validator validators[COUNT];
    const struct hash seed = fixture_hash(1);
    for (size_t i = 0; i < COUNT; i++) {
        fixture->keys[i] = fixture_key(i + 1);
        validators[i] = (struct validator){.identity = fixture->keys[i].pubkey,
                                           .voter = fixture->keys[i].pubkey,
                                           .stake = 1};
    }
    fixture->network = fixture_hash(2);
    assert_ok(validator_set_new(validators, COUNT, 0, &seed, &fixture->set));
    fixture->book =
        contact_book_new(fixture->set, SELF, &fixture->network, 1000);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    contact_book_free(fixture->book);
    validator_set_free(fixture->set);
    free(fixture);
    return 0;
}

static void say(const struct fixture *fixture, const struct keypair *key,
                uint64_t unix_ms, struct buffer *body)
{
    struct cluster_contact contact = {.unix_ms = unix_ms, .address_count = 1};
    snprintf(contact.addresses[0], CLUSTER_TEXT_MAX, "192.0.2.1:%u",
             (unsigned)unix_ms);
    cluster_contact_sign(&contact, &fixture->network, key);
    cluster_contact_encode(&contact, body);
}

/* Of one contact; what the book says to it. */
static int send(struct fixture *fixture, uint16_t from, uint64_t now_ms,
                size_t whose, uint64_t unix_ms)
{
    struct buffer body = {0};
    say(fixture, &fixture->keys[whose], unix_ms, &body);
    int status =
        contact_book_take(fixture->book, from, now_ms, buffer_view(&body));
    buffer_free(&body);
    return status;
}

static uint64_t known(const struct fixture *fixture, uint16_t index)
{
    const struct cluster_contact *contact =
        contact_book_at(fixture->book, index);
    return contact ? contact->unix_ms : 0;
}

static struct contact_counters counters(const struct fixture *fixture)
{
    struct contact_counters out;
    contact_book_counters(fixture->book, &out);
    return out;
}

static void test_the_newest_counts_and_is_passed_on_once(void **state)
{
    struct fixture *fixture = *state;
    struct buffer body = {0}, expected = {0};
    uint16_t index;
    assert_ok(send(fixture, 1, 1000, 1, 20));
    assert_ok(send(fixture, 2, 1000, 1, 19));
    assert_ok(send(fixture, 2, 1000, 1, 20));
    assert_int_equal(known(fixture, 1), 20);
    /* What is not new costs no signature. */
    assert_int_equal(counters(fixture).checked, 1);
    assert_true(contact_book_changed(fixture->book, &index));
    assert_int_equal(index, 1);
    assert_false(contact_book_changed(fixture->book, &index));
    say(fixture, &fixture->keys[1], 20, &expected);
    assert_true(contact_book_write_news(fixture->book, &body));
    assert_true(bytes_equal(buffer_view(&body), buffer_view(&expected)));
    buffer_clear(&body);
    assert_false(contact_book_write_news(fixture->book, &body));
    /* Of itself others tell it, too. */
    assert_ok(send(fixture, 2, 1000, SELF, 99));
    assert_int_equal(known(fixture, SELF), 0);
    buffer_free(&body);
    buffer_free(&expected);
}

static void test_who_connects_is_told_all_but_itself(void **state)
{
    struct fixture *fixture = *state;
    struct buffer body = {0}, expected = {0};
    size_t place = 0;
    assert_ok(send(fixture, 1, 1000, 1, 20));
    assert_ok(send(fixture, 1, 1000, 3, 21));
    say(fixture, &fixture->keys[3], 21, &expected);
    assert_true(contact_book_write_all(fixture->book, 1, &place, &body));
    assert_true(bytes_equal(buffer_view(&body), buffer_view(&expected)));
    buffer_clear(&body);
    assert_false(contact_book_write_all(fixture->book, 1, &place, &body));
    buffer_free(&body);
    buffer_free(&expected);
}

/* What the sender must have checked itself shows that it did not. */
static void test_wrong_signatures_are_told_apart_from_wrong_forms(void **state)
{
    struct fixture *fixture = *state;
    const struct keypair stranger = fixture_key(77);
    struct buffer body = {0};
    say(fixture, &fixture->keys[1], 20, &body);
    body.data[body.size - 1] ^= 1;
    assert_int_equal(
        contact_book_take(fixture->book, 2, 1000, buffer_view(&body)),
        ERR_DENIED);
    assert_int_equal(known(fixture, 1), 0);
    assert_int_equal(contact_book_take(fixture->book, 2, 1000,
                                       bytes_make(body.data, body.size - 1)),
                     ERR_INVALID);
    buffer_clear(&body);
    say(fixture, &stranger, 20, &body);
    assert_int_equal(
        contact_book_take(fixture->book, 2, 1000, buffer_view(&body)),
        ERR_INVALID);
    buffer_clear(&body);
    for (uint64_t i = 0; i <= COUNT; i++)
        say(fixture, &fixture->keys[1], 20, &body);
    assert_int_equal(
        contact_book_take(fixture->book, 2, 1000, buffer_view(&body)),
        ERR_LIMIT);
    /* An honest one beside it goes on. */
    assert_ok(send(fixture, 3, 1000, 3, 20));
    assert_int_equal(known(fixture, 3), 20);
    buffer_free(&body);
}

/* Each new contact costs a signature, and a frame to each other validator. */
static void test_contacts_that_change_all_the_time_are_dropped(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t i = 1; i <= 10; i++)
        assert_ok(send(fixture, (uint16_t)(1 + i % 3), 1000, 1, i));
    assert_int_equal(known(fixture, 1), CONTACT_CHANGES_BURST);
    assert_int_equal(counters(fixture).checked, CONTACT_CHANGES_BURST);
    assert_int_equal(counters(fixture).excess, 10 - CONTACT_CHANGES_BURST);
    assert_ok(send(fixture, 2, 1000, 2, 1));
    assert_int_equal(known(fixture, 2), 1);
    assert_ok(send(fixture, 1, 1000 + CONTACT_CHANGE_S * 1000, 1, 11));
    assert_int_equal(known(fixture, 1), 11);
}

static void test_frames_of_one_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t i = 0; i < CONTACT_FRAMES_BURST; i++)
        assert_ok(send(fixture, 1, 1000, SELF, 1));
    assert_ok(send(fixture, 1, 1000, 3, 20));
    assert_int_equal(known(fixture, 3), 0);
    assert_ok(send(fixture, 2, 1000, 3, 20));
    assert_int_equal(known(fixture, 3), 20);
    assert_ok(send(fixture, 1, 2000, 1, 20));
    assert_int_equal(known(fixture, 1), 20);
    assert_int_equal(counters(fixture).excess, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_the_newest_counts_and_is_passed_on_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_who_connects_is_told_all_but_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_wrong_signatures_are_told_apart_from_wrong_forms, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_contacts_that_change_all_the_time_are_dropped, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_frames_of_one_are_bounded, setup,
                                        teardown),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
