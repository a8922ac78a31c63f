/*
 * Uploads of Koii's storage SDK. None may be taken for signed but by its key,
 * and the names that come out are plain.
 */
#include "base/check.h"
#include "crypto/key.h"
#include "node/reach/upload_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct upload_form *form;

    crypto_init();
    if (upload_form_new("multipart/form-data; boundary=x", "/tmp", &form))
        return 0; /* the disk is full */
    int status = upload_form_write(form, bytes_make(data, size));
    if (!status)
        status = upload_form_end(form);
    if (!status) {
        CHECK(upload_form_count(form) && upload_form_bytes(form) < size);
        CHECK(!strpbrk(upload_form_name(form), "/\\"));
    }
    upload_form_free(form);
    return 0;
}
