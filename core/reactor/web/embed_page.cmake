# SPDX-License-Identifier: ISC
# cmake -DSOURCE=FOLDER -DOUTPUT=FILE -P embed_page.cmake: the page's files as a C++ source, for
# page_text.h, with the hashes by which a Content-Security-Policy knows its style and script.
set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

# base64 of the 32 bytes of a SHA-256 that is written in hexadecimal.
function(base64_of hex out)
  set(text "")
  set(padded "${hex}00")  # 33 bytes: whole groups of three
  foreach(group RANGE 10)
    math(EXPR at "${group} * 6")
    string(SUBSTRING "${padded}" ${at} 6 digits)
    math(EXPR bits "0x${digits}")
    foreach(shift 18 12 6 0)
      math(EXPR index "(${bits} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 letter)
      string(APPEND text "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${text}" 0 43 text)
  set(${out} "${text}=" PARENT_SCOPE)
endfunction()

# Bytes as they are: a literal of text would have a longest length, and escapes.
function(define name file)
  file(READ ${SOURCE}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND code "constexpr char k${name}Bytes[] = {${bytes}};\n")
  string(APPEND tail "std::string_view page_${name}() { return {k${name}Bytes, sizeof k${name}Bytes}; }\n")
  set(code "${code}" PARENT_SCOPE)
  set(tail "${tail}" PARENT_SCOPE)
endfunction()

function(define_hash name file)
  file(SHA256 ${SOURCE}/${file} hash)
  base64_of(${hash} hash)
  string(APPEND tail "std::string_view page_${name}_hash() { return \"sha256-${hash}\"; }\n")
  set(tail "${tail}" PARENT_SCOPE)
endfunction()

set(code "")
set(tail "")
define(template status.html)
define(style status.css)
define(script status.js)
define_hash(style status.css)
define_hash(script status.js)
file(WRITE ${OUTPUT} "// Made by embed_page.cmake.\n#include \"core/reactor/web/page_text.h\"\n\n"
     "namespace uvinetd {\nnamespace {\n${code}}  // namespace\n\n${tail}}  // namespace uvinetd\n")
