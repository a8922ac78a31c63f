/*
 * What a person hands in as a key: the text of a key file, or a mnemonic. What
 * is taken must be written the same.
 */
#include "base/check.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_make(data, size);
    struct keypair keypair, again;
    char mnemonic[MNEMONIC_SIZE], normal[MNEMONIC_SIZE];
    crypto_init();
    if (!keyfile_parse(text, &keypair)) {
        struct buffer written = {0};
        keyfile_text(&keypair, &written);
        CHECK(!keyfile_parse(buffer_view(&written), &again));
        CHECK(!memcmp(&keypair, &again, sizeof(keypair)));
        buffer_free(&written);
    }
    if (!mnemonic_normalise(text, mnemonic)) {
        CHECK(!mnemonic_normalise(bytes_text(mnemonic), normal));
        CHECK(!strcmp(mnemonic, normal));
    }
    return 0;
}
