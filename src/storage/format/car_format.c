/*
 * The header is the one piece of CBOR written here; three kinds of head and a
 * text are less than a CBOR library would be.
 */
#include "storage/format/car_format.h"
#include "base/check.h"

/* The head of a CBOR item (RFC 8949, section 3): major type 0 … 7 and number,
 * in the shortest form, as canonical dag-cbor demands. */
static void cbor_head(struct buffer *out, unsigned major, size_t number)
{
    CHECK(major < 8);
    CHECK(number <= UINT16_MAX);
    if (number < 24) {
        buffer_u8(out, (uint8_t)(major << 5 | number));
    } else if (number <= UINT8_MAX) {
        buffer_u8(out, (uint8_t)(major << 5 | 24));
        buffer_u8(out, (uint8_t)number);
    } else {
        buffer_u8(out, (uint8_t)(major << 5 | 25));
        buffer_u8(out, (uint8_t)(number >> 8));
        buffer_u8(out, (uint8_t)number);
    }
}

/* Major type 3: a text with its length. */
static void cbor_text(struct buffer *out, const char *text)
{
    cbor_head(out, 3, strlen(text));
    buffer_text(out, text);
}

/* {"roots": [CID, …], "version": 1} as canonical dag-cbor. */
void car_format_header(const struct cid *roots, size_t count,
                       struct buffer *out)
{
    struct cid nothing;
    struct buffer header = {0};
    int status =
        cid_of_hash(CID_RAW, MULTIHASH_IDENTITY, bytes_make(NULL, 0), &nothing);

    /* An identity of no bytes can't fail. */
    CHECK(!status);
    CHECK(count <= CAR_ROOTS_MAX);
    if (!count) {
        roots = &nothing;
        count = 1;
    }
    cbor_head(&header, 5, 2);
    cbor_text(&header, "roots");
    cbor_head(&header, 4, count);
    for (size_t i = 0; i < count; i++) {
        struct cid_key key;

        cid_key(&roots[i], &key);
        /* Tag 42 says "CID"; the zero byte is the multibase prefix of binary.
         */
        cbor_head(&header, 6, 42);
        cbor_head(&header, 2, key.size + 1);
        buffer_u8(&header, 0);
        buffer_append(&header, key.data, key.size);
    }
    cbor_text(&header, "version");
    cbor_head(&header, 0, 1);
    buffer_varint(out, header.size);
    buffer_bytes(out, buffer_view(&header));
    buffer_free(&header);
}

void car_format_section(const struct cid *cid, size_t data_size,
                        struct buffer *out)
{
    struct cid_key key;

    cid_key(cid, &key);
    buffer_varint(out, key.size + data_size);
    buffer_append(out, key.data, key.size);
}
