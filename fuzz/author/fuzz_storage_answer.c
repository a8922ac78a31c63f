/*
 * What a storage service answers to an upload. It is taken for an answer only
 * if it names the file's own CID.
 */
#include "author/storage_upload.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct storage_file file = {
        .name = "main.js",
        .cid = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"};

    /* In every form that a CID is written in there are more characters. */
    if (!storage_upload_read(&file, bytes_make(data, size)))
        CHECK(size > 40);
    return 0;
}
