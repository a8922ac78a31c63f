/*
 * CIDs as text and as bytes: whatever is accepted prints and parses back to
 * itself, in every base.
 */
#include "base/check.h"
#include "storage/format/cid.h"

static void check_text(const struct cid *cid, enum multibase base)
{
    struct buffer text = {0};
    struct cid again;

    cid_print(cid, base, &text);
    CHECK(!cid_parse(buffer_view(&text), &again));
    CHECK(cid_equal(cid, &again));
    buffer_free(&text);
}

static void check_cid(const struct cid *cid)
{
    struct buffer binary = {0};
    struct cid_key key;
    struct cid again;

    cid_write(cid, &binary);
    cid_key(cid, &key);
    CHECK(bytes_equal(buffer_view(&binary), bytes_make(key.data, key.size)));
    CHECK(!cid_decode(buffer_view(&binary), &again));
    CHECK(cid_equal(cid, &again));
    buffer_free(&binary);
    check_text(cid, MULTIBASE_BASE32);
    check_text(cid, MULTIBASE_BASE32_UPPER);
    check_text(cid, MULTIBASE_BASE36);
    check_text(cid, MULTIBASE_BASE58BTC);
    check_text(cid, MULTIBASE_BASE64URL);
    CHECK(strlen(CID_TEXT(cid)) < CID_TEXT_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cid cid;

    if (!cid_decode(bytes_make(data, size), &cid))
        check_cid(&cid);
    if (!cid_parse(bytes_make(data, size), &cid))
        check_cid(&cid);
    return 0;
}
