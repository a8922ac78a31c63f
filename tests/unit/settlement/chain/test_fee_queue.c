#include "settlement/chain/fee_queue.h"

#include "base/error.h"
#include "base/random.h"
#include "test.h"

#define LIMIT 50

/* The beginning of a transaction's wire form: one signature, made from number.
 */
static struct fee_entry *entry_from(size_t source, uint64_t number,
                                    uint64_t fee)
{
    struct buffer wire = {0};
    struct signature id = {{0}};
    memcpy(id.bytes, &number, sizeof(number));
    buffer_u8(&wire, 1);
    buffer_append(&wire, id.bytes, sizeof(id.bytes));
    return fee_entry_new(source, fee, &wire);
}

static struct fee_entry *entry_of(uint64_t number, uint64_t fee)
{
    return entry_from(0, number, fee);
}

static struct fee_queue *queue_of(size_t limit)
{
    return fee_queue_new(&limit, 1);
}

static uint64_t number_of(const struct fee_entry *entry)
{
    uint64_t number;
    memcpy(&number, entry->wire.data + 1, sizeof(number));
    return number;
}

static void test_the_same_signature_waits_once(void **state)
{
    struct fee_queue *queue = queue_of(2);
    struct fee_entry *pushed_out;
    struct fee_entry *again = entry_of(1, 9);
    assert_ok(fee_queue_add(queue, entry_of(1, 5), &pushed_out));
    assert_int_equal(fee_queue_add(queue, again, &pushed_out), ERR_EXISTS);
    struct fee_entry *taken = fee_queue_take(queue);
    assert_int_equal(taken->fee, 5);
    assert_null(fee_queue_take(queue));
    assert_ok(fee_queue_add(queue, again, &pushed_out));
    fee_entry_free(taken);
    fee_queue_free(queue);
}

static void test_a_full_queue_gives_the_worst_back(void **state)
{
    struct fee_queue *queue = queue_of(2);
    struct fee_entry *pushed_out;
    struct fee_entry *equal = entry_of(3, 5);
    assert_ok(fee_queue_add(queue, entry_of(1, 5), &pushed_out));
    assert_ok(fee_queue_add(queue, entry_of(2, 5), &pushed_out));
    assert_int_equal(fee_queue_add(queue, equal, &pushed_out), ERR_FULL);
    fee_entry_free(equal);
    assert_ok(fee_queue_add(queue, entry_of(4, 6), &pushed_out));
    assert_int_equal(number_of(pushed_out), 2); /* the later of two equals */
    fee_entry_free(pushed_out);
    fee_queue_free(queue);
}

/* The same entries in a plain list. */
struct plain {
    uint64_t number[LIMIT], fee[LIMIT];
    size_t count;
};

/* Numbers ascend as entries come. */
static size_t plain_find(const struct plain *plain, bool best)
{
    size_t found = 0;
    for (size_t i = 1; i < plain->count; i++)
        if (best ? plain->fee[i] > plain->fee[found]
                 : plain->fee[i] <= plain->fee[found])
            found = i;
    return found;
}

static void plain_remove(struct plain *plain, size_t at)
{
    for (plain->count--; at < plain->count; at++) {
        plain->number[at] = plain->number[at + 1];
        plain->fee[at] = plain->fee[at + 1];
    }
}

static void add_random(struct fee_queue *queue, struct plain *plain,
                       uint64_t number, uint64_t fee)
{
    struct fee_entry *pushed_out, *entry = entry_of(number, fee);
    size_t worst = plain_find(plain, false);
    bool is_full = plain->count == LIMIT;
    if (is_full && plain->fee[worst] >= fee) {
        assert_int_equal(fee_queue_add(queue, entry, &pushed_out), ERR_FULL);
        fee_entry_free(entry);
        return;
    }
    assert_ok(fee_queue_add(queue, entry, &pushed_out));
    assert_int_equal(pushed_out != NULL, is_full);
    if (is_full) {
        assert_int_equal(number_of(pushed_out), plain->number[worst]);
        fee_entry_free(pushed_out);
        plain_remove(plain, worst);
    }
    plain->number[plain->count] = number;
    plain->fee[plain->count++] = fee;
}

static void test_order_is_that_of_a_plain_list(void **state)
{
    struct random random = random_make(1);
    struct fee_queue *queue = queue_of(LIMIT);
    struct plain plain = {.count = 0};
    for (uint64_t step = 0; step < 20000; step++) {
        if (random_below(&random, 2)) {
            add_random(queue, &plain, step, random_below(&random, 20));
        } else if (plain.count > 0) {
            size_t best = plain_find(&plain, true);
            struct fee_entry *entry = fee_queue_take(queue);
            assert_int_equal(number_of(entry), plain.number[best]);
            fee_entry_free(entry);
            plain_remove(&plain, best);
        }
        assert_int_equal(fee_queue_count(queue), plain.count);
    }
    fee_queue_free(queue);
}

static void add(struct fee_queue *queue, size_t source, uint64_t number,
                uint64_t fee, uint64_t expected_out)
{
    struct fee_entry *pushed_out;
    assert_ok(
        fee_queue_add(queue, entry_from(source, number, fee), &pushed_out));
    assert_int_equal(pushed_out ? number_of(pushed_out) : 0, expected_out);
    fee_entry_free(pushed_out);
}

static void add_refused(struct fee_queue *queue, size_t source, uint64_t number,
                        uint64_t fee)
{
    struct fee_entry *pushed_out, *entry = entry_from(source, number, fee);
    assert_int_equal(fee_queue_add(queue, entry, &pushed_out), ERR_FULL);
    fee_entry_free(entry);
}

/* What a source leaves free another one uses; it gets it back as it comes,
 * whatever is paid for it; and nobody gets more than free places without
 * paying more. */
static void test_a_source_has_its_share_whatever_others_pay(void **state)
{
    const size_t shares[] = {2, 1, 0};
    struct fee_queue *queue = fee_queue_new(shares, 3);
    for (uint64_t i = 1; i <= 3; i++)
        add(queue, 1, i, 90 + i, 0); /* two beyond its share */
    add_refused(queue, 1, 4, 91);
    add(queue, 1, 4, 92, 1);
    add(queue, 0, 5, 1, 4); /* 92 was there before the other 92 */
    add(queue, 0, 6, 2, 2);
    add_refused(queue, 1, 7, 93); /* its share is all it has now */
    add(queue, 1, 7, 94, 3);
    add_refused(queue, 0, 8, 1);
    add(queue, 0, 8, 3, 5);
    add_refused(queue, 2, 9, 99); /* none has more than its share */
    static const uint64_t order[] = {7, 8, 6};
    for (size_t i = 0; i < 3; i++) {
        struct fee_entry *entry = fee_queue_take(queue);
        assert_int_equal(number_of(entry), order[i]);
        fee_entry_free(entry);
    }
    fee_queue_free(queue);
}

static void forget(size_t *has, struct fee_entry *entry)
{
    has[entry->source]--;
    fee_entry_free(entry);
}

/* At every step of random offers: a source below its share is never refused,
 * and loses nothing to others. */
static void test_shares_hold_under_random_offers(void **state)
{
    enum { SOURCES = 4 };
    const size_t shares[SOURCES] = {20, 10, 10, 10};
    struct random random = random_make(2);
    struct fee_queue *queue = fee_queue_new(shares, SOURCES);
    size_t has[SOURCES] = {0};
    for (uint64_t number = 1; number < 20000; number++) {
        size_t source = random_below(&random, SOURCES);
        uint64_t fee = random_below(&random, 30) * (source + 1);
        struct fee_entry *out, *entry = entry_from(source, number, fee);
        if (random_below(&random, 3) == 0 && (out = fee_queue_take(queue)))
            forget(has, out);
        int status = fee_queue_add(queue, entry, &out);
        if (status) {
            assert_int_equal(status, ERR_FULL);
            assert_true(has[source] >= shares[source]);
            fee_entry_free(entry);
            continue;
        }
        if (out) {
            assert_int_equal(fee_queue_count(queue), 50);
            assert_true(out->source == source ||
                        has[out->source] > shares[out->source]);
            forget(has, out);
        }
        has[source]++;
    }
    fee_queue_free(queue);
}

static void test_an_entry_is_taken_out_by_its_signature(void **state)
{
    struct fee_queue *queue = queue_of(3);
    struct fee_entry *pushed_out;
    const struct signature id = {{2}};
    for (uint64_t i = 1; i <= 3; i++)
        assert_ok(fee_queue_add(queue, entry_of(i, i), &pushed_out));
    struct fee_entry *entry = fee_queue_remove(queue, &id);
    assert_int_equal(number_of(entry), 2);
    fee_entry_free(entry);
    assert_null(fee_queue_remove(queue, &id));
    assert_int_equal(fee_queue_count(queue), 2);
    fee_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_signature_waits_once),
        cmocka_unit_test(test_a_full_queue_gives_the_worst_back),
        cmocka_unit_test(test_order_is_that_of_a_plain_list),
        cmocka_unit_test(test_a_source_has_its_share_whatever_others_pay),
        cmocka_unit_test(test_shares_hold_under_random_offers),
        cmocka_unit_test(test_an_entry_is_taken_out_by_its_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
