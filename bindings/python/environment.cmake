# A virtual environment with the packages of requirements.txt, made once and again when the list or
# the interpreter changes. pybind11 is found in it.
function(livedrops_python_environment directory)
  set(requirements "${CMAKE_CURRENT_LIST_DIR}/requirements.txt")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${requirements}")
  file(READ "${requirements}" wanted)
  string(SHA256 wanted "${Python_EXECUTABLE} ${Python_VERSION} ${wanted}")
  set(stamp "${directory}/requirements.sha256")
  set(present "")
  if(EXISTS "${stamp}")
    file(READ "${stamp}" present)
  endif()
  if(NOT present STREQUAL wanted)
    message(STATUS "livedrops: installing ${requirements} into ${directory}")
    file(REMOVE_RECURSE "${directory}")
    execute_process(COMMAND "${Python_EXECUTABLE}" -m venv "${directory}"
                    COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${directory}/bin/python" -m pip install --quiet
                            --disable-pip-version-check --requirement "${requirements}"
                    RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "pip could not install ${requirements}. The tests of the Python package "
                          "need it; -DLIVEDROPS_PYTHON=OFF builds without the package.")
    endif()
    file(WRITE "${stamp}" "${wanted}")
  endif()
  execute_process(COMMAND "${directory}/bin/python" -m pybind11 --cmakedir
                  OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  set(pybind11_DIR "${found}" CACHE PATH "pybind11 of the environment" FORCE)
  set(LIVEDROPS_PYTHON_EXECUTABLE "${directory}/bin/python" CACHE INTERNAL "Runs the tests")
endfunction()
