# The floors of the house, from the ground. A floor is a folder of src/, a library, and the headers
# in include/daxpin/ that are its doors. It sees its own headers and those of the floors below it;
# one of a floor above does not exist for it, so that an include upwards does not build. That no
# call goes upwards either, and that no files use each other in a circle, is what the test
# unit/floors looks for.
#
# What is above "cache" in this list may run on the kernel under test; cache and what is below it in
# the list never does. Those who make and run guests come before policy: they know nothing of it.
#
#     floor(NAME HEADERS … [LIBRARIES …])

set(FLOORS "")
set(FLOOR_HEADERS "")   # of all floors so far
set(FLOOR_DOORS "")     # their folders of headers
set(FLOOR_LIBRARIES "") # what they are built on

function(floor name)
	cmake_parse_arguments(PARSE_ARGV 1 F "" "" "HEADERS;LIBRARIES")
	set(doors ${CMAKE_BINARY_DIR}/doors/${name})
	file(REMOVE_RECURSE ${doors})
	file(MAKE_DIRECTORY ${doors}/daxpin)
	foreach(header ${F_HEADERS})
		if(NOT EXISTS ${CMAKE_SOURCE_DIR}/include/daxpin/${header})
			message(FATAL_ERROR "floor ${name}: there is no include/daxpin/${header}")
		endif()
		file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include/daxpin/${header} ${doors}/daxpin/${header} SYMBOLIC)
	endforeach()

	list(APPEND FLOORS ${name})
	list(APPEND FLOOR_HEADERS ${F_HEADERS})
	list(APPEND FLOOR_DOORS ${doors})
	list(APPEND FLOOR_LIBRARIES ${F_LIBRARIES})
	file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/${name}/*.c)
	list(FILTER sources EXCLUDE REGEX "/(main|bare_init)\\.c$")
	add_library(${name} STATIC ${sources})
	target_include_directories(${name} PRIVATE ${FLOOR_DOORS})
	target_compile_options(${name} PRIVATE ${SANITIZE})
	target_link_libraries(${name} PRIVATE ${FLOOR_LIBRARIES})
	return(PROPAGATE FLOORS FLOOR_HEADERS FLOOR_DOORS FLOOR_LIBRARIES)
endfunction()

floor(util HEADERS actor.h archive.h cgroup.h cleanup.h clock.h config.h confine.h embed.h error.h file.h globs.h hostlist.h json.h kallsyms.h list.h pairs.h proc.h progress.h registry.h signals.h text.h
	LIBRARIES Threads::Threads PkgConfig::JSON PkgConfig::CONFIG PkgConfig::SECCOMP)
floor(observe HEADERS control.h observe.h question.h sink.h splat.h steps.h)
floor(dax HEADERS dax.h medium.h range.h LIBRARIES PkgConfig::NVDIMM)
floor(pin HEADERS pin.h vma.h)
floor(rdma HEADERS connection.h pair.h worker_pool.h netdev.h rdma.h LIBRARIES PkgConfig::RDMA)
floor(mapping HEADERS look.h mapping.h)
floor(witness HEADERS counters.h course.h witness.h LIBRARIES PkgConfig::WITNESS)
floor(check HEADERS check.h)
floor(pinner HEADERS pinner.h)
floor(limit HEADERS limit.h)
floor(teardown HEADERS teardown.h)
floor(order HEADERS bias.h order.h vcpu.h)
floor(race HEADERS race.h)
floor(traffic HEADERS traffic.h)
floor(state HEADERS state.h)
floor(bench HEADERS bench.h execution.h)
floor(agent HEADERS agent.h command.h LIBRARIES PkgConfig::XXHASH)
# ----- above: may run on the kernel under test; below: never does -----
floor(cache HEADERS cache.h LIBRARIES PkgConfig::XXHASH)
floor(kernel HEADERS kernel.h LIBRARIES ${ARCHIVE_LIBRARIES})
floor(image HEADERS image.h LIBRARIES PkgConfig::KMOD)
floor(machine HEADERS carrier.h gate.h layout.h machine.h session.h)
floor(policy HEADERS policy.h site.h)
floor(run HEADERS collect.h fleet.h recorder.h results.h run.h)
floor(report HEADERS report.h)
floor(campaign HEADERS campaign.h LIBRARIES PkgConfig::NETTLE)
floor(cli HEADERS)

# A header is of one floor.
file(GLOB headers RELATIVE ${CMAKE_SOURCE_DIR}/include/daxpin CONFIGURE_DEPENDS include/daxpin/*.h)
foreach(header ${headers})
	if(NOT header IN_LIST FLOOR_HEADERS)
		message(FATAL_ERROR "include/daxpin/${header} is of no floor: name it in cmake/floors.cmake")
	endif()
endforeach()

# For whoever uses all floors: the program and the tests.
add_library(daxpin-doors INTERFACE)
target_include_directories(daxpin-doors INTERFACE ${FLOOR_DOORS})
target_compile_options(daxpin-doors INTERFACE ${SANITIZE})
target_link_options(daxpin-doors INTERFACE ${SANITIZE})
target_link_libraries(daxpin-doors INTERFACE ${FLOOR_LIBRARIES})
add_library(daxpin-all INTERFACE)
string(REPLACE ";" "," every "${FLOORS}")
target_link_libraries(daxpin-all INTERFACE $<LINK_LIBRARY:WHOLE_ARCHIVE,${every}> daxpin-doors)
