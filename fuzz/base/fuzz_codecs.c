/*
 * Base58, base64 and hexadecimal: bytes come back, and a text that is taken is
 * the text that its bytes have (for hexadecimal: but for case).
 */
#include "base/base58.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void encoder(struct bytes data, struct buffer *out);
typedef int decoder(struct bytes text, struct buffer *out);

static void check(encoder *encode, decoder *decode, struct bytes input,
                  bool one_text)
{
    struct buffer text = {0}, back = {0}, decoded = {0};
    encode(input, &text);
    if (!decode(buffer_view(&text), &back))
        CHECK(bytes_equal(buffer_view(&back), input));
    else /* only base58 has a limit, which its text may reach first */
        CHECK(text.size > BASE58_LIMIT_BYTES);
    buffer_clear(&text);
    if (!decode(input, &decoded) && one_text) {
        encode(buffer_view(&decoded), &text);
        CHECK(bytes_equal(buffer_view(&text), input));
    }
    buffer_free(&text);
    buffer_free(&back);
    buffer_free(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_make(data, size);
    uint8_t key[32];
    if (size <= BASE58_LIMIT_BYTES)
        check(base58_encode, base58_decode, input, true);
    check(base64_encode, base64_decode, input, true);
    check(hex_encode, hex_decode, input, false);
    base58_decode_exact(input, key, sizeof(key));
    return 0;
}
