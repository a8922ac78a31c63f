/*
 * The word list of mnemonic.c, sorted by bytes, so that it can be searched by
 * bisection. A word's place in it is its number in a sentence: nothing may ever
 * be added to it, or moved.
 */
#ifndef POND_CRYPTO_MNEMONIC_WORDS_H
#define POND_CRYPTO_MNEMONIC_WORDS_H

#define MNEMONIC_WORDS 2048  /* 11 bits a word */
#define MNEMONIC_WORD_SIZE 9 /* longest word 8 letters, with the NUL */

extern const char mnemonic_words[MNEMONIC_WORDS][MNEMONIC_WORD_SIZE];

#endif
