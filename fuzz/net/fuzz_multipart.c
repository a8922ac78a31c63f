/*
 * Bodies of forms: the first byte says how the rest is cut into pieces. What
 * comes out must not depend on that, and be no more than went in.
 */
#include "base/buffer.h"
#include "base/check.h"
#include "net/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    struct buffer text;
    size_t bytes;
    bool in_part;
    int status;
};

static int on_part(void *user, const struct multipart_part *part)
{
    struct outcome *outcome = user;
    CHECK(!outcome->in_part && part->name && part->type);
    outcome->in_part = true;
    buffer_format(&outcome->text, "(%s|%s|%s)", part->name,
                  part->filename ? part->filename : "", part->type);
    return 0;
}

static int on_data(void *user, struct bytes data)
{
    struct outcome *outcome = user;
    CHECK(outcome->in_part && data.size);
    outcome->bytes += data.size;
    buffer_bytes(&outcome->text, data);
    return 0;
}

static int on_part_end(void *user)
{
    struct outcome *outcome = user;
    CHECK(outcome->in_part);
    outcome->in_part = false;
    buffer_text(&outcome->text, ".");
    return 0;
}

static void parse(struct bytes body, size_t piece_size, struct outcome *out)
{
    static const struct multipart_events events = {on_part, on_data,
                                                   on_part_end};
    struct multipart *multipart;
    size_t size = body.size;
    CHECK(!multipart_new("multipart/form-data; boundary=\"x\"", &events, out,
                         &multipart));
    while (!out->status && body.size) {
        size_t take = piece_size < body.size ? piece_size : body.size;
        out->status = multipart_write(multipart, bytes_make(body.data, take));
        body = bytes_make(body.data + take, body.size - take);
    }
    if (!out->status)
        out->status = multipart_end(multipart);
    CHECK(out->bytes <= size);
    multipart_free(multipart);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = {0}, cut = {0};
    struct buffer value = {0};
    if (!size)
        return 0;
    struct bytes body = bytes_make(data + 1, size - 1);
    parse(body, SIZE_MAX, &whole);
    parse(body, (size_t)data[0] % 17 + 1, &cut);
    CHECK(whole.status == cut.status);
    /* What came before an error may be cut off at another place. */
    if (!whole.status)
        CHECK(bytes_equal(buffer_view(&whole.text), buffer_view(&cut.text)));
    multipart_parameter(body, "name", &value);
    buffer_free(&value);
    buffer_free(&whole.text);
    buffer_free(&cut.text);
    return 0;
}
