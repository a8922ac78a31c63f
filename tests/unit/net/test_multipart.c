/*
 * Bodies of forms, cut into pieces in every way.
 */
#include "test.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/multipart.h"

/* What came out, as a text: "(name|filename|type)data." */
static struct buffer seen;
static size_t data_max;

static int on_part(void *user, const struct multipart_part *part)
{
    buffer_format(&seen, "(%s|%s|%s)", part->name,
                  part->filename ? part->filename : "-", part->type);
    return 0;
}

static int on_data(void *user, struct bytes data)
{
    assert_true(data.size > 0);
    if (data.size > data_max)
        data_max = data.size;
    buffer_bytes(&seen, data);
    return 0;
}

static int on_part_end(void *user)
{
    buffer_text(&seen, ".");
    return 0;
}

static const struct multipart_events events = {on_part, on_data, on_part_end};

/* Pieces of that many bytes. */
static int parse(const char *type, struct bytes body, size_t piece_size)
{
    struct multipart *multipart;
    int status = multipart_new(type, &events, NULL, &multipart);

    buffer_clear(&seen);
    if (status)
        return status;
    while (!status && body.size) {
        size_t size = piece_size < body.size ? piece_size : body.size;

        status = multipart_write(multipart, bytes_make(body.data, size));
        body = bytes_make(body.data + size, body.size - size);
    }
    /* The same again. */
    if (status)
        assert_int_equal(multipart_write(multipart, bytes_text("x")), status);
    int end = multipart_end(multipart);
    if (status)
        assert_int_equal(end, status);
    multipart_free(multipart);
    return end;
}

#define TYPE "multipart/form-data; boundary=xyz"

static void assert_parsed(const char *body, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(body); piece++) {
        assert_ok(parse(TYPE, bytes_text(body), piece));
        assert_string_equal(buffer_string(&seen), expected);
    }
}

static void test_parts_come_out_whatever_the_pieces(void **state)
{
    assert_parsed("--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
                  "one\r\n--xyz--\r\n",
                  "(a|-|)one.");
    assert_parsed(
        "before\r\n--xyz\r\n"
        "content-disposition:form-data;name=a;filename=\"b c.txt\"\r\n"
        "CONTENT-TYPE:  text/plain \r\nX-Other: y\r\n\r\n"
        "one\r\ntwo\r\n\r\n--xyz \t\r\n"
        "Content-Disposition: form-data; filename=\"\"; name=b\r\n"
        "\r\n\r\n--xyz--after --xyz\r\n\r\n--xyz",
        "(a|b c.txt|text/plain)one\r\ntwo\r\n.(b||).");
    /* Nearly boundaries. */
    assert_parsed("--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
                  "--xy\r\n--xy\r\r\n\r\n-\r\n--\r\n--xz--xyz\r--xyz\n--xyz"
                  "\r\n--xyz--",
                  "(a|-|)--xy\r\n--xy\r\r\n\r\n-\r\n--\r\n--xz--xyz\r--xyz\n"
                  "--xyz.");
    /* No part at all, and a part of no bytes. */
    assert_parsed("--xyz--", "");
    assert_parsed("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n"
                  "--xyz--",
                  "(a|-|).");
}

static void test_names_are_read_as_they_are_quoted(void **state)
{
    assert_parsed("--xyz\r\nContent-Disposition: form-data; "
                  "name=\"a\\\"b\\\\c;d\"; filename=\"C:\\dir\\e.txt\"\r\n\r\n"
                  "\r\n--xyz--",
                  "(a\"b\\c;d|C:\\dir\\e.txt|).");
}

static void test_what_is_no_form_is_refused(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
    } cases[] = {
        {"text/plain", "", ERR_INVALID},
        {"multipart/mixed; boundary=x", "", ERR_INVALID},
        {"multipart/form-data", "", ERR_INVALID},
        {"multipart/form-data; boundary=", "", ERR_INVALID},
        {"multipart/form-data; boundary=\"x", "", ERR_INVALID},
        {"multipart/form-data; boundary=a\rb", "", ERR_INVALID},
        {"multipart/form-data; boundary="
         "12345678901234567890123456789012345678901234567890123456789012345678"
         "901",
         "", ERR_INVALID},
        {TYPE, "", ERR_INVALID},
        {TYPE, "--xyz\r\n", ERR_INVALID},
        {TYPE, "--xyz\r\n\r\nno name\r\n--xyz--", ERR_INVALID},
        {TYPE,
         "--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--xyz--",
         ERR_INVALID},
        {TYPE,
         "--xyz\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n"
         "--xyz--",
         ERR_INVALID},
        {TYPE,
         "--xyz\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\r\n"
         "--xyz--",
         ERR_INVALID},
        {TYPE,
         "--xyz\r\nContent-Disposition: form-data; name=\"a\x01\"\r\n\r\n\r\n"
         "--xyz--",
         ERR_INVALID},
        {TYPE, "--xyzabc\r\n", ERR_INVALID},
        {TYPE, "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
         ERR_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t piece = 1; piece < 100; piece += 98)
            if (parse(cases[i].type, bytes_text(cases[i].body), piece) !=
                cases[i].status)
                fail_msg("case %zu", i);
}

static void test_heads_and_parts_are_limited(void **state)
{
    struct buffer body = {0};

    buffer_text(&body, "--xyz\r\nX: ");
    for (int i = 0; i < MULTIPART_HEAD_MAX_BYTES; i++)
        buffer_u8(&body, 'x');
    assert_int_equal(parse(TYPE, buffer_view(&body), 1000), ERR_LIMIT);
    buffer_clear(&body);
    for (int i = 0; i <= MULTIPART_PARTS_MAX; i++)
        buffer_text(&body, "--xyz\r\nContent-Disposition: form-data; name=a\r\n"
                           "\r\n\r\n");
    buffer_text(&body, "--xyz--");
    assert_int_equal(parse(TYPE, buffer_view(&body), 100000), ERR_LIMIT);
    buffer_free(&body);
}

/* Large data is not gathered: it goes on in the pieces in which it came. */
static void test_data_of_any_size_goes_by(void **state)
{
    static const uint8_t piece[10000] = {0};
    struct multipart *multipart;

    buffer_clear(&seen);
    assert_ok(multipart_new(TYPE, &events, NULL, &multipart));
    assert_ok(multipart_write(
        multipart,
        bytes_text("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n")));
    data_max = 0;
    for (int i = 0; i < 5000; i++) {
        assert_ok(multipart_write(multipart, bytes_make(piece, sizeof(piece))));
        buffer_clear(&seen);
    }
    assert_int_equal(data_max, sizeof(piece));
    assert_ok(multipart_write(multipart, bytes_text("\r\n--xyz--\r\n")));
    assert_ok(multipart_end(multipart));
    multipart_free(multipart);
}

static int refuse(void *user, struct bytes data)
{
    return err_set(ERR_FULL, "no room");
}

static void test_who_takes_the_data_may_refuse(void **state)
{
    const struct multipart_events refusing = {on_part, refuse, on_part_end};
    struct multipart *multipart;

    assert_ok(multipart_new(TYPE, &refusing, NULL, &multipart));
    assert_int_equal(
        multipart_write(
            multipart,
            bytes_text("--xyz\r\nContent-Disposition: form-data; name=a\r\n"
                       "\r\nabc")),
        ERR_FULL);
    assert_int_equal(multipart_end(multipart), ERR_FULL);
    assert_string_equal(err_text(), "no room");
    multipart_free(multipart);
}

static int forget(void **state)
{
    buffer_free(&seen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_come_out_whatever_the_pieces),
        cmocka_unit_test(test_names_are_read_as_they_are_quoted),
        cmocka_unit_test(test_what_is_no_form_is_refused),
        cmocka_unit_test(test_heads_and_parts_are_limited),
        cmocka_unit_test(test_data_of_any_size_goes_by),
        cmocka_unit_test(test_who_takes_the_data_may_refuse),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
