# SPDX-License-Identifier: ISC
# Writes OUTPUT with a build id made of VERSION and the contents of INPUTS.
set(all "")
list(SORT INPUTS)
foreach(input IN LISTS INPUTS)
  file(SHA256 ${input} hash)
  string(APPEND all ${hash})
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 16 hash)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define UVINETD_BUILD_ID \"${VERSION}-${hash}\"\n")
